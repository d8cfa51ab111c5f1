-- Writes a key that expires, as every request does. A Redis that is full, a replica or without scripting refuses it.
-- KEYS: [2] probe, string, the ms in ARGV
-- ARGV: ms until the key expires
local probe, kept_ms = KEYS[2], ARGV[1]
redis.call('SET', probe, '1', 'PX', kept_ms)
return 1
