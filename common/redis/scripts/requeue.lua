-- Gives a request back at once, for another attempt, instead of letting its lease run out.
-- ARGV: id, attempt, question key, the key that an older version has for it
if is_current(ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]) then
  shared_call('ZADD', 'leases', whole(now_ms()), ARGV[1])
end
return 1
