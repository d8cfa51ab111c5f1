-- Reads a record, ending it first where its deadline has passed, or where nobody is left to work on it.
-- ARGV: id
-- Returns {question, status, error, result, ms until the deadline, attempt}, or nil.
local id = ARGV[1]
local now = now_ms()
end_if_late(id, now)
end_if_abandoned(id, now)
local fields = redis.call('HMGET', record_key(id), 'question', 'status', 'error', 'result', 'leader')
if not fields[1] then
  return nil
end
local status = fields[2]
-- One that joined another shows how far the other is.
if fields[5] and is_under_way(fields[5]) then
  status = redis.call('HGET', record_key(fields[5]), 'status')
end
return { fields[1], status, fields[3], fields[4], math.max(deadline_of(id) - now, 0), attempt_of(id) }
