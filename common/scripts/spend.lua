-- Counts one call against every window of an account's budget, or against none where one of them is used up.
-- ARGV: account, then seconds and calls of each window by turns
-- Returns 0 where the call may be made, else the milliseconds until the last full window turns.
local account = ARGV[1]
local now = now_ms()
local wait = 0
local counters = {}
for i = 2, #ARGV, 2 do
  local length = tonumber(ARGV[i]) * 1000
  local left = length - now % length
  local key = budget_key(account, now, ARGV[i])
  if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[i + 1]) then
    wait = math.max(wait, left)
  end
  counters[#counters + 1] = { key, left }
end
if wait == 0 then
  for _, counter in ipairs(counters) do
    redis.call('INCR', counter[1])
    redis.call('PEXPIRE', counter[1], whole(counter[2] + 1000))
  end
end
return wait
