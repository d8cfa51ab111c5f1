-- Reserves tokens of the day's budget of a language model, or none if they would exceed it. A repeated call, which has
-- the same id, reserves once. Tokens that are never settled, as by a process that died, stay reserved.
-- Requires: clock
-- KEYS: [2] model_tokens:{account}:, hash, two days: the number of the day is appended. Its fields: spent, the settled
--       tokens; a field for each reservation, by its id
-- ARGV: id of the reservation, tokens, the most tokens of a day
-- Returns {1 if they are reserved, else 0; the number of the day; ms until the next day}.
local DAY_MS = 86400000
local reservation, tokens, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now = now_ms()
local day = math.floor(now / DAY_MS)
local key, left_ms = KEYS[2] .. whole(day), DAY_MS - now % DAY_MS
local used, is_reserved = 0, false
local fields = shared_call('HGETALL', key)
for i = 1, #fields, 2 do
  used = used + (number_of(fields[i + 1]) or 0)
  is_reserved = is_reserved or fields[i] == reservation
end
if not is_reserved then
  if used + tokens > most then
    return { 0, day, left_ms }
  end
  redis.call('HSET', key, reservation, whole(tokens))
  redis.call('PEXPIRE', key, 2 * DAY_MS)
end
return { 1, day, left_ms }
