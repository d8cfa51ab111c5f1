-- Pauses calls to an account; a pause that ends later stays, with its own reason.
-- ARGV: key of the pause, its ms, the reason for it
if redis.call('PTTL', ARGV[1]) < tonumber(ARGV[2]) then
  redis.call('SET', ARGV[1], ARGV[3] or '1', 'PX', ARGV[2])
end
return 1
