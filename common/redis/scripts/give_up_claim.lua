-- Gives back a claim of which nothing was begun, so that it costs no attempt; others may claim the request a lease later.
-- ARGV: id, attempt, lease ms
local id, attempt = ARGV[1], tonumber(ARGV[2])
if is_current(id, attempt) and (number_of(field(id, 'begun')) or 0) < attempt * 2 then
  redis.call('HSET', record_key(id), 'attempt', whole(attempt - 1))
  lease(id, now_ms(), tonumber(ARGV[3]))
end
return 1
