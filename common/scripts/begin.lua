-- Begins one stage of one attempt, once: an order that arrives twice is worked on once.
-- ARGV: id, question, attempt, stage ('ingesting' or 'forecasting'), lease ms
-- Returns the ms that are left, 0 where this is not (or no longer) the caller's to do, -1 where there is no such request,
-- -2 where it asked another question.
local id, question, attempt, stage, lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local recorded = redis.call('HGET', record_key(id), 'question')
if not recorded then
  return -1
elseif recorded ~= question then
  return -2
end
local now = now_ms()
end_if_late(id, now)
if not is_current(id, attempt) then
  return 0
end
local rank = attempt * 2 + (stage == 'forecasting' and 1 or 0)
if rank <= tonumber(redis.call('HGET', record_key(id), 'begun')) then
  return 0
end
redis.call('HSET', record_key(id), 'status', stage, 'begun', whole(rank))
lease(id, now, lease_ms)
return deadline_of(id) - now
