-- Gives up an attempt, so that another one begins at once and not after its lease.
-- Requires: records, clock
-- Keys: leases, see joining.lua
-- ARGV: id, attempt, question key, the key that an older version computes
local id, attempt, key, older_key = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
if is_current(id, attempt, key, older_key) then
  shared_call('ZADD', KEY.LEASES, whole(now_ms()), id)
end
return 1
