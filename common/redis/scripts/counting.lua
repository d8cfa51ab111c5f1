-- Counts calls against quotas and budgets, and recognises calls that arrive twice. It is put before each script.
-- Keys: rate:{quota}:{ms}:{window} and budget:{account}:{seconds}:{window}, strings that hold a number;
--       repeated:{token}, a string that stands while a call that was carried out may arrive again.

-- A client gives up on a reply after some seconds and sends the call once more, with the same token.
local REPEATED_MS = 20000

local function is_repeated(token)
  return redis.call('EXISTS', 'repeated:' .. token) == 1
end

local function note_carried_out(token)
  redis.call('SET', 'repeated:' .. token, 1, 'PX', REPEATED_MS)
end

-- A counter; 0 where there is none, or where the key holds something else.
local function counted_at(key)
  return number_of(redis.pcall('GET', key)) or 0
end

-- Counts what a client asks for against every quota, or against none where one of them would be exceeded.
-- cost: how much is asked for; from: where in ARGV the quotas begin: name, seconds and most of each by turns
-- Returns whether it was counted; and what is left and the ms until the window turns, of each quota by turns.
local function count(cost, from, now)
  local allowed, counters = true, {}
  for i = from, #ARGV, 3 do
    local length, most = tonumber(ARGV[i + 1]) * 1000, tonumber(ARGV[i + 2])
    local key = 'rate:' .. ARGV[i] .. ':' .. whole(length) .. ':' .. whole(math.floor(now / length))
    local used = counted_at(key)
    allowed = allowed and used + cost <= most
    counters[#counters + 1] = { key = key, used = used, most = most, ms = length - now % length }
  end
  local left = {}
  for _, counter in ipairs(counters) do
    if allowed and cost > 0 then
      counter.used = counter.used + cost
      redis.call('SET', counter.key, whole(counter.used), 'PX', whole(counter.ms + 1000))
    end
    table.insert(left, counter.most - counter.used)
    table.insert(left, counter.ms)
  end
  return allowed, left
end

-- The key that counts the calls of an account in the current window.
-- A window shorter than a minute begins with its first call: in fixed windows, two calls may be a moment apart.
local function budget_key(account, now, seconds)
  if tonumber(seconds) < 60 then
    return 'budget:' .. account .. ':' .. seconds .. ':since_first'
  end
  return 'budget:' .. account .. ':' .. seconds .. ':' .. whole(math.floor(now / (seconds * 1000)))
end
