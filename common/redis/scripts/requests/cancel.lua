-- Ends a request as cancelled; its followers continue.
-- Requires: ends, clock
-- ARGV: id, failure as JSON
-- Returns 1 if there is such a request, ended now or before; 0 if there is none.
local id, failure = ARGV[1], ARGV[2]
local now = now_ms()
end_if_late(id, now)
if redis.call('EXISTS', record_key(id)) == 0 then
  return 0
end
if is_under_way(id) then
  end_request(id, now, 'cancelled', failure, '')
end
return 1
