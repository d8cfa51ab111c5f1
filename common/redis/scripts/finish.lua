-- Ends a request as done: result, picture and status in one step, with their time to live.
-- ARGV: id, attempt, question key, the key that an older version has for it, key of the result, its body, its PNG,
--       its SVG in gzip, ms to keep it
-- Returns 1, also where the call arrives twice; 0 where the attempt is no longer current.
local id, attempt, result = ARGV[1], tonumber(ARGV[2]), ARGV[5]
if is_current(id, attempt, ARGV[3], ARGV[4]) then
  shared_call('HSET', result, 'body', ARGV[6], 'png', ARGV[7], 'svg_gzip', ARGV[8])
  redis.call('PEXPIRE', result, ARGV[9])
  end_request(id, now_ms(), 'done', '', result)
  return 1
end
return field(id, 'result') == result and attempt_of(id) == attempt and 1 or 0
