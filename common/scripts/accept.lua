-- Writes a request's record before anybody says "accepted".
-- ARGV: id, question, question key, budget ms, lease ms, ms to keep the record after its deadline,
--       key of a result that would answer it at once (or '')
-- Returns {'conflict', 'known', 'done', 'joined' or 'new', the record as read.lua returns it}.
local id, question, question_key = ARGV[1], ARGV[2], ARGV[3]
local budget_ms, lease_ms, keep_ms, result = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local record = record_key(id)

local known = redis.call('HGET', record, 'question')
if known then
  return { known == question and 'known' or 'conflict', seen(id, now_ms()) }
end

local now = now_ms()
redis.call('HSET', record, 'question', question, 'question_key', question_key, 'status', 'accepted',
  'attempt', '0', 'begun', '0', 'deadline', whole(now + budget_ms), 'error', '', 'result', '')
redis.call('PEXPIRE', record, whole(budget_ms + keep_ms))

if result ~= '' and redis.call('EXISTS', result) == 1 then
  redis.call('HSET', record, 'status', 'done', 'result', result)
  if redis.call('PTTL', result) < budget_ms + keep_ms then
    redis.call('PEXPIRE', result, whole(budget_ms + keep_ms))
  end
  return { 'done', seen(id, now) }
end

local leader = live_leader(id)
if leader then
  follow(id, leader)
  return { 'joined', seen(id, now) }
end
redis.call('HSET', record, 'attempt', '1')
lead(id, now)
lease(id, now, lease_ms)
return { 'new', seen(id, now) }
