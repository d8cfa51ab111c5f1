-- Begins one stage of one attempt, once: an order that arrives twice is processed once. A repeated call gets the same
-- reply.
-- Requires: ends, clock
-- KEYS: [1] repeated:{token}: identifies the call in the record
-- ARGV: id, question key, the key that an older version computes, attempt, stage ('ingesting' or 'forecasting'),
--       lease ms
-- Returns {ms until the deadline}; {0} if the attempt is not current or has begun the stage; {-1} if there is no such
-- request; {-2, its question, its question key} if it seems to have another question.
local token = KEYS[1]
local id, key, older_key, attempt, stage = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local lease_ms = tonumber(ARGV[6])
local now = now_ms()
end_if_late(id, now)
if redis.call('EXISTS', record_key(id)) == 0 then
  return { -1 }
elseif is_under_way(id) and not is_key_of(field(id, 'question_key') or '', key, older_key) then
  return { -2, field(id, 'question') or '', field(id, 'question_key') or '' }
elseif not is_current(id, attempt) then
  return { 0 }
end
local rank = attempt * 2 + (stage == 'forecasting' and 1 or 0)
local begun = number_of(field(id, 'begun')) or 0
local is_again = rank == begun and field(id, 'begun_by') == token
if rank <= begun and not is_again then
  return { 0 }
end
redis.call('HSET', record_key(id), 'status', stage, 'begun', whole(rank), 'begun_by', token)
lease(id, now, lease_ms)
return { deadline_of(id) - now }
