-- Stores the concurrent requests of one class of work that a forecast service accepts.
-- Requires: clock
-- KEYS: [2] rooms or long_rooms, sorted set, a lease: {service}:{requests it accepts}, by the ms until which it counts
-- ARGV: id of the service, requests, lease ms
local capacities = KEYS[2]
local service, requests, lease_ms = ARGV[1], ARGV[2], ARGV[3]
local now = now_ms()
shared_call('ZREMRANGEBYSCORE', capacities, '-inf', whole(now))
redis.call('ZADD', capacities, whole(now + tonumber(lease_ms)), service .. ':' .. requests)
redis.call('PEXPIRE', capacities, lease_ms)
return 1
