-- Counts a failure, once also where the call arrives twice.
-- KEYS: token of the call
-- ARGV: key of the counter, ms after which it is forgotten
-- Returns how many failures there were in a row.
local token, key = KEYS[1], ARGV[1]
local failures = counted_at(key)
if not is_repeated(token) then
  failures = failures + 1
  redis.call('SET', key, whole(failures), 'PX', ARGV[2])
  note_carried_out(token)
end
return failures
