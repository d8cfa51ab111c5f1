-- Counts calls in all windows, or in none if one would be exceeded. A repeated call counts once.
-- Requires: windows, clock, repeats
-- KEYS: [1] repeated:{token}, string, REPEATED_MS: marks this call as executed
--       [2...] rate:{quota}:{ms} or budget:{account}:{seconds}: the keys of the windows, see windows.lua
-- ARGV: the number of calls; then the windows as in windows.lua
-- Returns {1 if the calls are counted, else 0; what is left of each window, and ms until it ends}.
local FIRST_WINDOW_KEY, FIRST_WINDOW = 2, 2
local calls = tonumber(ARGV[1])
local allowed, left = count(is_repeated() and 0 or calls, FIRST_WINDOW_KEY, FIRST_WINDOW, now_ms())
if allowed and calls > 0 then
  note_executed()
end
return { allowed and 1 or 0, left }
