-- Stores the progress of an attempt.
-- Requires: records
-- ARGV: id, attempt, question key, the key that an older version computes, the fraction of the work that is done, its
--       present step in words
-- Returns 1; 0 if the attempt is not current.
local id, attempt, key, older_key = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local fraction, step = ARGV[5], ARGV[6]
if not is_current(id, attempt, key, older_key) then
  return 0
end
redis.call('HSET', record_key(id), 'progress', fraction, 'step', step)
return 1
