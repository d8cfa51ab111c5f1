-- Counts what a client asks for, where it is within all quotas; once, also where the call arrives twice.
-- KEYS: token of the call
-- ARGV: how much is asked for, then what count wants to know
-- Returns {1 or 0: whether it was counted, what is left as count returns it}.
local token = KEYS[1]
local allowed, left = count(is_repeated(token) and 0 or tonumber(ARGV[1]), 2, now_ms())
if allowed then
  note_carried_out(token)
end
return { allowed and 1 or 0, left }
