-- Counts what a client asks for, where it is within all quotas.
-- ARGV: how much is asked for, then what count wants to know
-- Returns {1 or 0: whether it was counted, what is left as count returns it}.
local allowed, left = count(tonumber(ARGV[1]), 2, now_ms())
return { allowed and 1 or 0, left }
