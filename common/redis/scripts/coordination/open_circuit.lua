-- Pauses the calls of an account at a price provider. An existing pause that ends later stays, with its own reason.
-- KEYS: [2] aside:{account}, string, the pause: its reason
-- ARGV: ms of the pause, its reason
local circuit, pause_ms, reason = KEYS[2], ARGV[1], ARGV[2]
if redis.call('PTTL', circuit) < tonumber(pause_ms) then
  redis.call('SET', circuit, reason, 'PX', pause_ms)
end
return 1
