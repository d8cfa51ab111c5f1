-- Gives up a claim before its first stage, so that it costs no attempt. Another caller may claim the request at once.
-- Requires: joining, clock
-- ARGV: id, attempt
local id, attempt = ARGV[1], tonumber(ARGV[2])
if is_current(id, attempt) and (number_of(field(id, 'begun')) or 0) < attempt * 2 then
  redis.call('HSET', record_key(id), 'attempt', whole(attempt - 1))
  lease(id, now_ms(), 0)
end
return 1
