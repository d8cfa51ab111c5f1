-- Replaces a reservation of tokens by those that were spent. A repeated call, and one without its reservation, changes
-- nothing.
-- Requires: values
-- KEYS: [2] model_tokens:{account}:{day}, hash, two days: see reserve_tokens.lua
-- ARGV: id of the reservation, tokens
local key, reservation, tokens = KEYS[2], ARGV[1], ARGV[2]
if shared_call('HDEL', key, reservation) == 1 then
  redis.call('HINCRBY', key, 'spent', tokens)
  redis.call('PEXPIRE', key, 172800000)
end
return 1
