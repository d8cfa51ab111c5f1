-- Releases a lock, unless it is another's by now.
-- ARGV: key, token of the holder
local value = redis.pcall('GET', ARGV[1])
if type(value) == 'string' and string.match(value, '^(.*) %d+$') == ARGV[2] then
  redis.call('DEL', ARGV[1])
end
return 1
