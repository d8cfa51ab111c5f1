-- Counts a failure of an account at a price provider; a repeated call counts once.
-- Requires: values, repeats
-- KEYS: [1] repeated:{token}, string, REPEATED_MS: marks this call as executed
--       [2] failures:{account}, string, the ms in ARGV: the failures in a row
-- ARGV: ms after which the failures are forgotten
-- Returns the number of failures in a row.
local counter, forgotten_ms = KEYS[2], ARGV[1]
local failures = counted_at(counter)
if not is_repeated() then
  failures = failures + 1
  redis.call('SET', counter, whole(failures), 'PX', forgotten_ms)
  note_executed()
end
return failures
