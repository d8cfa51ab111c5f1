-- Releases a lock, unless another caller holds it now.
-- KEYS: [2] refreshing:{ticker}, string: the lock
-- ARGV: token of the holder
local lock, token = KEYS[2], ARGV[1]
local value = redis.pcall('GET', lock)
if type(value) == 'string' and string.match(value, '^(.*) %d+$') == token then
  redis.call('DEL', lock)
end
return 1
