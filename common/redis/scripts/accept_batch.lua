-- Writes the records of a batch before the client gets "accepted"; clients and batches begin their requests in turns.
-- A call that arrives twice finds its batch known, which is as good.
-- ARGV: id of the batch, what was asked, ms until its deadline, ms that each of its requests may take once it has begun,
--       ms to keep records after their deadlines, today, the last day that is no stale one; the client, ms that the
--       deadline moves for each request that waits already, the most ms until a deadline; then by turns id and a
--       question in words, as in accept.lua
-- Returns 'conflict', 'known' or 'new'.
local batch, asked = 'batch:' .. ARGV[1], ARGV[2]
local each_ms, keep_ms, client = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[8]
local budget_ms = math.min(tonumber(ARGV[3]) + count_waiting() * tonumber(ARGV[9]), tonumber(ARGV[10]))

local known = shared_call('HGET', batch, 'asked')
if known then
  return known == asked and 'known' or 'conflict'
end

local now = now_ms()
redis.call('HSET', batch, 'asked', asked, 'deadline', whole(now + budget_ms))
redis.call('PEXPIRE', batch, whole(budget_ms + keep_ms))
local waiting = {}

-- at: where in ARGV the member begins
local function write_member(at)
  local id, question, question_key = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local kept_ms = budget_ms + keep_ms
  local result = kept_result_of_today(ARGV[at + 4], ARGV[at + 5], ARGV[at + 6], ARGV[6], ARGV[7], kept_ms)
  if result then
    return write_answered(id, '', question, question_key, result, kept_ms)
  end
  write_record(id, '', question, question_key, now, budget_ms, keep_ms)
  local leader = live_leader(id)
  if leader then
    return follow(id, leader)
  end
  redis.call('HSET', record_key(id), 'budget', whole(each_ms))
  shared_call('ZADD', 'leases', whole(now + budget_ms), id)
  table.insert(waiting, id)
end

for at = 11, #ARGV, 7 do
  if redis.call('EXISTS', record_key(ARGV[at])) == 0 then
    write_member(at)
  end
end
enqueue_batch(client, ARGV[1], waiting)
begin_batched(now)
return 'new'
