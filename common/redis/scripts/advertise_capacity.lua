-- Notes how many requests a forecast service takes, until it says so again or its lease on that runs out.
-- ARGV: its name, how many, lease ms
local now = now_ms()
shared_call('ZREMRANGEBYSCORE', 'rooms', '-inf', whole(now))
redis.call('ZADD', 'rooms', whole(now + tonumber(ARGV[3])), ARGV[1] .. ':' .. ARGV[2])
redis.call('PEXPIRE', 'rooms', ARGV[3])
return 1
