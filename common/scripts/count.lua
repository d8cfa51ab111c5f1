-- Counts what a client asks for against every quota, or against none where one of them would be exceeded.
-- ARGV: how much is asked for, then name, seconds and most of each quota by turns
-- Returns {1 or 0: whether it was counted, then what is left and the ms until the window turns, of each quota by turns}.
local cost = tonumber(ARGV[1])
local now = now_ms()
local allowed = 1
local counters = {}
for i = 2, #ARGV, 3 do
  local length, most = tonumber(ARGV[i + 1]) * 1000, tonumber(ARGV[i + 2])
  local key = 'rate:' .. ARGV[i] .. ':' .. whole(length) .. ':' .. whole(math.floor(now / length))
  local left = most - tonumber(redis.call('GET', key) or '0')
  if left < cost then
    allowed = 0
  end
  counters[#counters + 1] = { key = key, left = left, ms = length - now % length }
end
local said = { allowed }
for _, counter in ipairs(counters) do
  if allowed == 1 then
    redis.call('INCRBY', counter.key, cost)
    redis.call('PEXPIRE', counter.key, whole(counter.ms + 1000))
    counter.left = counter.left - cost
  end
  table.insert(said, counter.left)
  table.insert(said, counter.ms)
end
return said
