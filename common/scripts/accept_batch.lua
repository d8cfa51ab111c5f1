-- Writes the records of a batch before the client gets "accepted"; clients and batches begin their requests in turns.
-- ARGV: id of the batch, what was asked, ms until its deadline, ms that each of its requests may take once it has begun,
--       ms to keep records after their deadlines, today, the last day that is no stale one; the client, ms that the
--       deadline moves for each request that waits already, the most ms until a deadline; then by turns id and a
--       question in words, as in accept.lua
-- Returns 'conflict', 'known' or 'new'.
local batch, asked = 'batch:' .. ARGV[1], ARGV[2]
local each_ms, keep_ms, client = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[8]
local budget_ms = math.min(tonumber(ARGV[3]) + count_waiting() * tonumber(ARGV[9]), tonumber(ARGV[10]))

local known = redis.call('HGET', batch, 'asked')
if known then
  return known == asked and 'known' or 'conflict'
end

local now = now_ms()
redis.call('HSET', batch, 'asked', asked, 'deadline', whole(now + budget_ms))
redis.call('PEXPIRE', batch, whole(budget_ms + keep_ms))
local waiting = {}
for i = 11, #ARGV, 6 do
  local id = ARGV[i]
  if redis.call('EXISTS', record_key(id)) == 0 then
    local result = kept_result_of_today(ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], ARGV[6], ARGV[7], budget_ms + keep_ms)
    write_record(id, ARGV[i + 1], ARGV[i + 2], result, now, budget_ms, keep_ms)
    if not result then
      local leader = live_leader(id)
      if leader then
        follow(id, leader)
      else
        redis.call('HSET', record_key(id), 'budget', whole(each_ms))
        redis.call('ZADD', 'leases', whole(now + budget_ms), id)
        table.insert(waiting, id)
      end
    end
  end
end
enqueue_batch(client, ARGV[1], waiting)
begin_batched(now)
return 'new'
