-- Writes the records of a batch, unless there is one; its requests begin in turns. A repeated call finds the batch
-- known.
-- Requires: ends, answers, clock
-- KEYS: [2] batch:{id}, hash, deadline + KEEP_MS: a batch (asked, deadline, owner)
--       [3...] prices:{ticker}, hash: the pointer to the prices of each member
-- ARGV: id of the batch, the request body, client, ms until the deadline, ms by which each request that waits
--       already moves the deadline, the most ms until a deadline, ms that a request may take once it has begun, the
--       owner or an empty text; then
--       of each member: id, question, question key, the result's key around the version of the prices (two parts), today
--       at the exchange, and the first day on which a last close is not stale
-- Returns {'conflict', 'known' or 'new', the owner of the stored batch}.
local batch_key = KEYS[2]
local batch, asked, client = ARGV[1], ARGV[2], ARGV[3]
local budget_ms = math.min(tonumber(ARGV[4]) + count_waiting(BATCH_REQUESTS_QUEUE) * tonumber(ARGV[5]), tonumber(ARGV[6]))
local each_ms, owner = tonumber(ARGV[7]), ARGV[8]
local FIRST_POINTER, FIRST_MEMBER, MEMBER_PARTS = 3, 9, 7
local kept_ms = budget_ms + KEEP_MS

local known = shared_call('HGET', batch_key, 'asked')
if known then
  return { known == asked and 'known' or 'conflict', shared_call('HGET', batch_key, 'owner') or '' }
end

local now = now_ms()
redis.call('HSET', batch_key, 'asked', asked, 'deadline', whole(now + budget_ms), 'owner', owner)
redis.call('PEXPIRE', batch_key, whole(kept_ms))
local waiting = {}

local function write_member(pointer_key, id, question, question_key, result_before, result_after, today, stale_before)
  local result = current_result(pointer_key, result_before, result_after, today, stale_before, kept_ms)
  if result then
    return write_answered(id, '', owner, question, question_key, result, kept_ms)
  end
  write_record(id, '', owner, question, question_key, now, budget_ms)
  local leader = live_leader(id)
  if leader then
    return follow(id, leader)
  end
  redis.call('HSET', record_key(id), 'budget', whole(each_ms))
  shared_call('ZADD', KEY.LEASES, whole(now + budget_ms), id)
  table.insert(waiting, id)
end

for i = FIRST_POINTER, #KEYS do
  local at = FIRST_MEMBER + MEMBER_PARTS * (i - FIRST_POINTER)
  if redis.call('EXISTS', record_key(ARGV[at])) == 0 then
    write_member(KEYS[i], unpack(ARGV, at, at + MEMBER_PARTS - 1))
  end
end
enqueue(BATCH_REQUESTS_QUEUE, client, batch, waiting)
begin_waiting(BATCH_REQUESTS_QUEUE, now)
return { 'new', owner }
