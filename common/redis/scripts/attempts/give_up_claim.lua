-- Gives up a claim before its first stage, so that it costs no attempt. Another caller may claim the request after one
-- lease.
-- Requires: joining, clock
-- ARGV: id, attempt, lease ms
local id, attempt, lease_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if is_current(id, attempt) and (number_of(field(id, 'begun')) or 0) < attempt * 2 then
  redis.call('HSET', record_key(id), 'attempt', whole(attempt - 1))
  lease(id, now_ms(), lease_ms)
end
return 1
