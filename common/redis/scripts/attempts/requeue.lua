-- Gives up an attempt, so that another one begins at once and not after its lease.
-- Requires: records, clock
-- Keys: leases, see joining.lua
-- ARGV: id, attempt, question key, the key that an older version computes, '1' if the attempt does not count
local id, attempt, key, older_key, is_excused = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5] == '1'
if is_current(id, attempt, key, older_key) then
  if is_excused and number_of(field(id, 'excused_last')) ~= attempt then
    redis.call('HSET', record_key(id), 'excused', whole(excused_of(id) + 1), 'excused_last', whole(attempt))
  end
  shared_call('ZADD', KEY.LEASES, whole(now_ms()), id)
end
return 1
