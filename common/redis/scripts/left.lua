-- ARGV: account, seconds and calls of one window of its budget
-- Returns how many calls the window that lasts now still has.
local account, seconds, calls = ARGV[1], ARGV[2], tonumber(ARGV[3])
return math.max(calls - counted_at(budget_key(account, now_ms(), seconds)), 0)
