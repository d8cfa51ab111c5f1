-- Writes a key that expires, as every request does: a Redis that is full, a replica or without scripting refuses it.
-- Key: probe, a string. ARGV: ms until it expires
redis.call('SET', 'probe', '1', 'PX', ARGV[1])
return 1
