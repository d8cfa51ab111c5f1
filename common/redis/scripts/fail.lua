-- Ends a request as failed, with the reason.
-- ARGV: id, attempt, question key, the key that an older version has for it (both empty where the question cannot be read),
--       error as JSON
-- Returns 1, also where the call arrives twice; 0 where the attempt is no longer current.
local id, attempt, error = ARGV[1], tonumber(ARGV[2]), ARGV[5]
if is_current(id, attempt, ARGV[3], ARGV[4]) then
  end_request(id, now_ms(), 'failed', error, '')
  return 1
end
return field(id, 'error') == error and attempt_of(id) == attempt and 1 or 0
