-- Acquires or renews a lock. A repeated call gets the same reply.
-- The value is the holder's token and the ms until which it counts, on the clock of all scripts: a step back of the
-- machine's clock does not extend the lock.
-- Requires: clock
-- KEYS: [2] refreshing:{ticker}, string, the time of the lock: the lock
-- ARGV: token of the holder, ms to hold the lock, '1' for a renewal
-- Returns 1 if the caller holds the lock now, else 0.
local lock = KEYS[2]
local token, hold_ms, is_renewal = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local now = now_ms()
local value = redis.pcall('GET', lock)
local holder, held_until = nil, nil
if type(value) == 'string' then
  holder, held_until = string.match(value, '^(.*) (%d+)$')
  holder, held_until = holder or value, number_of(held_until)
end
local is_free = holder == nil or (held_until ~= nil and held_until <= now)
if holder == token or (is_free and not is_renewal) then
  redis.call('SET', lock, token .. ' ' .. whole(now + hold_ms), 'PX', hold_ms)
  return 1
end
return 0
