-- Ends a request as done: result, charts, status and time to live in one step.
-- Requires: ends, clock
-- KEYS: [2] result:{...}, hash, RESULT_MS: the result (body, png, svg_gzip)
-- ARGV: id, attempt, question key, the key that an older version computes, body, PNG, SVG in gzip
-- Returns 1, also for a repeated call; 0 if the attempt is not current.
local result = KEYS[2]
local id, attempt, key, older_key = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local body, png, svg_gzip = ARGV[5], ARGV[6], ARGV[7]
if is_current(id, attempt, key, older_key) then
  shared_call('HSET', result, 'body', body, 'png', png, 'svg_gzip', svg_gzip)
  redis.call('PEXPIRE', result, RESULT_MS)
  end_request(id, now_ms(), 'done', '', result)
  return 1
end
return field(id, 'result') == result and attempt_of(id) == attempt and 1 or 0
