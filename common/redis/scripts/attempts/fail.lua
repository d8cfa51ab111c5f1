-- Ends a request as failed.
-- Requires: ends, clock
-- ARGV: id, attempt, question key, the key that an older version computes (both empty if the question cannot be
--       read), failure as JSON
-- Returns 1, also for a repeated call; 0 if the attempt is not current.
local id, attempt, key, older_key = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local failure = ARGV[5]
if is_current(id, attempt, key, older_key) then
  end_request(id, now_ms(), 'failed', failure, '')
  return 1
end
return field(id, 'error') == failure and attempt_of(id) == attempt and 1 or 0
