-- Begins one stage of one attempt, once: an order that arrives twice is worked on once. The same call once more, with the
-- same token, gets the same answer.
-- KEYS: token of the call
-- ARGV: id, question key, the key that an older version has for the question, attempt, stage ('ingesting' or 'forecasting'),
--       lease ms
-- Returns {the ms that are left}; {0} where this is not (or no longer) the caller's to do; {-1} where there is no such
-- request; {-2, its question, its question key} where it seems to ask another question.
local id, key, older_key, attempt, stage = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local lease_ms, token = tonumber(ARGV[6]), KEYS[1]
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
