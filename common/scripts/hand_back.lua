-- Gives a request back at once, for another attempt, instead of letting its lease run out.
-- ARGV: id, attempt
if is_current(ARGV[1], tonumber(ARGV[2])) then
  redis.call('ZADD', 'leases', whole(now_ms()), ARGV[1])
end
