-- Counts one call against every window of an account's budget, or against none where one of them is used up; once, also
-- where the call of this script arrives twice.
-- KEYS: token of the call
-- ARGV: account, then seconds and calls of each window by turns
-- Returns 0 where the call may be made, else the milliseconds until the last full window turns.
local token, account = KEYS[1], ARGV[1]
if is_repeated(token) then
  return 0
end
local now = now_ms()
local wait = 0
local counters = {}
for i = 2, #ARGV, 2 do
  local length = tonumber(ARGV[i]) * 1000
  local key = budget_key(account, now, ARGV[i])
  local made = counted_at(key)
  local left = length - now % length
  local kept = left + 1000
  if length < 60000 then
    left = redis.call('PTTL', key)
    left = left > 0 and left or length
    kept = left
  end
  if made >= tonumber(ARGV[i + 1]) then
    wait = math.max(wait, left)
  end
  counters[#counters + 1] = { key = key, made = made, kept = kept }
end
if wait == 0 then
  for _, counter in ipairs(counters) do
    redis.call('SET', counter.key, whole(counter.made + 1), 'PX', whole(counter.kept))
  end
  note_carried_out(token)
end
return wait
