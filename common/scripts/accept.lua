-- Writes a request's record before anybody says "accepted".
-- ARGV: id, question, question key, budget ms, lease ms, ms to keep the record after its deadline,
--       then what result_of_today wants to know
-- Returns {'conflict', 'known', 'done', 'joined' or 'new', the record as read.lua returns it}, or {'full'}: then nothing
-- was written.
local id, question, question_key = ARGV[1], ARGV[2], ARGV[3]
local budget_ms, lease_ms, keep_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local record = record_key(id)

local known = redis.call('HGET', record, 'question')
if known then
  return { known == question and 'known' or 'conflict', seen(id, now_ms()) }
end

local now = now_ms()
write_record(id, question, question_key, now, budget_ms, keep_ms)
local result = result_of_today(ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11])
if answered_at_once(id, result, budget_ms + keep_ms) then
  return { 'done', seen(id, now) }
end

local leader = live_leader(id)
if leader then
  follow(id, leader)
  return { 'joined', seen(id, now) }
end
if is_full(now, lease_ms) then
  redis.call('DEL', record)
  return { 'full' }
end
redis.call('HSET', record, 'attempt', '1')
lead(id, now)
lease(id, now, lease_ms)
return { 'new', seen(id, now) }
