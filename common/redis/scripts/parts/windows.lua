-- Counts calls in windows of time.
-- Requires: values
-- Keys:
--   rate:{quota}:{ms}:{window}           string, until the window ends: the calls of a client, or of all clients
--   budget:{account}:{seconds}:{window}  string, until the window ends: the calls of an account at a price provider
--
-- A window is fixed (it begins at a multiple of its length; its number is appended to its key) or begins with its first
-- call. In two fixed windows, calls may be a moment apart, which a provider with one call a second rejects.

-- Counts calls in all windows, or in none if one would be exceeded.
-- cost: the number of calls; 0 only reads
-- first_key: the index in KEYS of the first window's key
-- first: the index in ARGV of the first window; each is its length in ms, the most calls, 'fixed' or 'first_call'
-- Returns whether the calls are allowed; and of each window the calls that are left, and the ms until it ends.
local function count(cost, first_key, first, now)
  local allowed, windows = true, {}
  for i = first_key, #KEYS do
    local at = first + 3 * (i - first_key)
    local length, most = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    local key, left_ms, kept_ms = KEYS[i], nil, nil
    if ARGV[at + 2] == 'fixed' then
      key = key .. whole(math.floor(now / length))
      left_ms = length - now % length
      kept_ms = left_ms + 1000
    else
      left_ms = redis.call('PTTL', key)
      left_ms = left_ms > 0 and left_ms or length
      kept_ms = left_ms
    end
    local used = counted_at(key)
    allowed = allowed and used + cost <= most
    windows[#windows + 1] = { key = key, used = used, most = most, left_ms = left_ms, kept_ms = kept_ms }
  end
  local left = {}
  for _, window in ipairs(windows) do
    if allowed and cost > 0 then
      window.used = window.used + cost
      redis.call('SET', window.key, whole(window.used), 'PX', whole(window.kept_ms))
    end
    table.insert(left, window.most - window.used)
    table.insert(left, window.left_ms)
  end
  return allowed, left
end
