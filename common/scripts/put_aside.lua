-- Lets nobody ask an account for some time; a pause that ends later stays.
-- ARGV: key of the pause, its ms
if redis.call('PTTL', ARGV[1]) < tonumber(ARGV[2]) then
  redis.call('SET', ARGV[1], 1, 'PX', ARGV[2])
end
return 1
