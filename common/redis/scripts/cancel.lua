-- Ends a request because the one who sent it no longer wants it; those that joined it go their own way.
-- ARGV: id, error as JSON
-- Returns 1 where there is such a request, ended by this or before; 0 where there is none.
local id, now = ARGV[1], now_ms()
end_if_late(id, now)
if redis.call('EXISTS', record_key(id)) == 0 then
  return 0
end
if is_under_way(id) then
  end_request(id, now, 'cancelled', ARGV[2], '')
end
return 1
