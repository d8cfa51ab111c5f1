-- ARGV: account, seconds and calls of one window of its budget
-- Returns how many calls the window that lasts now still has.
local account, seconds, calls = ARGV[1], ARGV[2], tonumber(ARGV[3])
local made = tonumber(redis.call('GET', budget_key(account, now_ms(), seconds)) or '0')
return math.max(calls - made, 0)
