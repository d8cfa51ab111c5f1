-- Ends a request as done: result, picture and status in one step, with their time to live.
-- ARGV: id, attempt, key of the result, its body, its PNG, ms to keep it
-- Returns 1, or 0 where the attempt is no longer current.
local id, attempt, result = ARGV[1], tonumber(ARGV[2]), ARGV[3]
if not is_current(id, attempt) then
  return 0
end
redis.call('HSET', result, 'body', ARGV[4], 'png', ARGV[5])
redis.call('PEXPIRE', result, ARGV[6])
end_request(id, now_ms(), 'done', '', result)
return 1
