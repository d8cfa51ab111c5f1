-- Marks a request as shared with all readers, or as not shared.
-- Requires: ends, clock
-- ARGV: id, '1' to share or an empty text
-- Returns 1 if there is such a request; 0 if there is none.
local id, shared = ARGV[1], ARGV[2]
end_if_late(id, now_ms())
if redis.call('EXISTS', record_key(id)) == 0 then
  return 0
end
if shared == '1' then
  redis.call('HSET', record_key(id), 'shared', '1')
else
  redis.call('HDEL', record_key(id), 'shared')
end
return 1
