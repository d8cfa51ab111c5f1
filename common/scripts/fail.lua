-- Ends a request as failed, with the reason.
-- ARGV: id, attempt, error as JSON
-- Returns 1, or 0 where the attempt is no longer current.
local id, attempt = ARGV[1], tonumber(ARGV[2])
if not is_current(id, attempt) then
  return 0
end
end_request(id, now_ms(), 'failed', ARGV[3], '')
return 1
