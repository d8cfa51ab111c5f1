-- Takes a lock, or holds it for longer; the same call once more gets the same answer.
-- The value is the holder's token and the ms, on the clock of all scripts, until which it counts: a machine's clock that is
-- set back does not stretch it.
-- ARGV: key, token of the holder, ms to hold it, '1' where it is held already
-- Returns 1 where the lock is the holder's now, else 0.
local key, token, hold_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now = now_ms()
local value = redis.pcall('GET', key)
local holder, held_until = nil, nil
if type(value) == 'string' then
  holder, held_until = string.match(value, '^(.*) (%d+)$')
  holder, held_until = holder or value, number_of(held_until)
end
local is_free = holder == nil or (held_until ~= nil and held_until <= now)
if holder == token or (is_free and ARGV[4] ~= '1') then
  redis.call('SET', key, token .. ' ' .. whole(now + hold_ms), 'PX', ARGV[3])
  return 1
end
return 0
