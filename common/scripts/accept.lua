-- Writes a request's record before anybody says "accepted", and counts it where its client's quotas are given.
-- ARGV: id; a question in words: question, question key, the key of the pointer to its prices, the key of its results
--       before their version and after it; budget ms, lease ms, ms to keep the record after its deadline; today, the last
--       day that is no stale one; then what count wants to know
-- Returns {'conflict', 'known', 'done', 'joined' or 'new', what is left as count returns it, the record as read.lua returns
-- it}, or {'limited' or 'full', what is left}: then nothing was written.
local id, question, question_key = ARGV[1], ARGV[2], ARGV[3]
local budget_ms, lease_ms, keep_ms = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local record = record_key(id)
local now = now_ms()

local allowed, left = count(1, 12, now)
if not allowed then
  return { 'limited', left }
end

local known = redis.call('HGET', record, 'question')
if known then
  return { known == question and 'known' or 'conflict', left, seen(id, now) }
end

-- The record of a new request, as seen() would return it.
local function new(status, result, attempt)
  return { question, status, '', result, budget_ms, attempt, budget_ms + keep_ms }
end

local result = kept_result_of_today(ARGV[4], ARGV[5], ARGV[6], ARGV[10], ARGV[11], budget_ms + keep_ms)
write_record(id, question, question_key, result, now, budget_ms, keep_ms)
if result then
  return { 'done', left, new('done', result, 0) }
end

local leader = live_leader(id)
if leader then
  follow(id, leader)
  return { 'joined', left, new(redis.call('HGET', record_key(leader), 'status'), '', 0) }
end
if is_full(now, lease_ms) then
  redis.call('DEL', record)
  return { 'full', left }
end
redis.call('HSET', record, 'attempt', '1')
lead(id, now)
lease(id, now, lease_ms)
return { 'new', left, new('accepted', '', 1) }
