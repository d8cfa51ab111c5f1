-- Writes the records of a batch, unless there is one; its requests begin in turns. A repeated call finds the batch
-- known.
-- Requires: answers, clock, long_work
-- KEYS: [2] batch:{id}, hash, the latest deadline + KEEP_MS: a batch (asked, deadline, owner)
--       [3...] prices:{ticker}, hash: the pointer to the prices of each member
-- ARGV: id of the batch, the request body, client, ms until the deadline, ms by which each request that waits
--       already moves the deadline, the most ms until a deadline, the owner or an empty text; then
--       of each member: id, question, question key, the result's key around the version of the prices (two parts), today
--       at the exchange, the first day on which a last close is not stale, ms that it may take once it has begun, and
--       '1' for long work
-- Returns {'conflict', 'known' or 'new', the owner of the stored batch}.
local batch_key = KEYS[2]
local batch, asked, client = ARGV[1], ARGV[2], ARGV[3]
local queued_ms, longest_ms, owner = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local FIRST_POINTER, FIRST_MEMBER, MEMBER_PARTS = 3, 8, 9
local quick_budget_ms = math.min(tonumber(ARGV[4]) + count_waiting(BATCH_REQUESTS_QUEUE) * queued_ms, longest_ms)

local known = shared_call('HGET', batch_key, 'asked')
if known then
  return { known == asked and 'known' or 'conflict', shared_call('HGET', batch_key, 'owner') or '' }
end

local now = now_ms()
local last_budget_ms = quick_budget_ms
local waiting = {}

-- Writes the times of the batch, which are those of its last request.
local function write_times()
  redis.call('HSET', batch_key, 'deadline', whole(now + last_budget_ms))
  redis.call('PEXPIRE', batch_key, whole(last_budget_ms + KEEP_MS))
end

-- Lets a member of long work wait for a turn of its own. Without room for it, it alone fails.
local function write_long(id, each_ms)
  redis.call('HSET', record_key(id), 'budget', whole(each_ms))
  local leader = live_leader(id)
  if leader then
    follow(id, leader)
  elseif is_queue_full(client) then
    write_end(id, now, 'failed', FAILURE.QUEUE_FULL, '')
  else
    wait_for_turn(id, client, now)
  end
end

local function write_quick(id, each_ms)
  local leader = live_leader(id)
  if leader then
    return follow(id, leader)
  end
  redis.call('HSET', record_key(id), 'budget', whole(each_ms))
  shared_call('ZADD', KEY.LEASES, whole(deadline_of(id)), id)
  table.insert(waiting, id)
end

local function write_member(pointer_key, id, question, question_key, result_before, result_after, today, stale_before,
  each_ms, long)
  each_ms = tonumber(each_ms)
  local budget_ms = long == '1' and long_budget_ms(each_ms, each_ms, longest_ms) or quick_budget_ms
  last_budget_ms = math.max(last_budget_ms, budget_ms)
  local kept_ms = budget_ms + KEEP_MS
  local result = current_result(pointer_key, result_before, result_after, today, stale_before, kept_ms)
  if result then
    return write_answered(id, '', owner, question, question_key, result, kept_ms)
  end
  write_record(id, '', owner, question, question_key, now, budget_ms)
  local write = long == '1' and write_long or write_quick
  write(id, each_ms)
end

redis.call('HSET', batch_key, 'asked', asked, 'owner', owner)
write_times()
for i = FIRST_POINTER, #KEYS do
  local at = FIRST_MEMBER + MEMBER_PARTS * (i - FIRST_POINTER)
  if redis.call('EXISTS', record_key(ARGV[at])) == 0 then
    write_member(KEYS[i], unpack(ARGV, at, at + MEMBER_PARTS - 1))
  end
end
write_times()
enqueue(BATCH_REQUESTS_QUEUE, client, batch, waiting)
begin_waiting(BATCH_REQUESTS_QUEUE, now)
begin_waiting(LONG_QUEUE, now)
return { 'new', owner }
