-- Stores the progress of an attempt.
-- Requires: records
-- ARGV: id, attempt, the fraction of the work that is done, its present step in words
-- Returns 1; 0 if the attempt is not current.
local id, attempt, fraction, step = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
if not is_current(id, attempt) then
  return 0
end
redis.call('HSET', record_key(id), 'progress', fraction, 'step', step)
return 1
