-- Writes a request's record before anybody says "accepted", and counts it where its client's quotas are given.
-- KEYS: token of the call
-- ARGV: id; a question in words: question, question key, the key that an older version has for it, the key
--       of the pointer to its prices, the key of its results before their version and after it; budget ms, lease ms, ms to
--       keep the record after its deadline; today, the last day that is no stale one; then what count wants to know
-- Returns {'known', 'done', 'joined' or 'new', what is left as count returns it, the record as read.lua returns it};
-- {'other', what is left, the record, its question key} where it seems to ask something else;
-- or {'limited' or 'full', what is left}: then nothing was written.
local token, id, question, question_key, older_key = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local budget_ms, lease_ms, keep_ms = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local now = now_ms()

local is_again = field(id, 'token') == token or is_repeated(token)
local allowed, left = count(is_again and 0 or 1, 13, now)
if not allowed then
  return { 'limited', left }
end

-- Whether this call wrote the record, and its reply was lost. The caller gets the same answer,
-- because no other call dispatches the request.
local function is_ours()
  local is_untouched = field(id, 'begun') == '0' and field(id, 'attempt') == '1' and not field(id, 'leader')
  return is_again and is_untouched and is_under_way(id)
end

local known = redis.call('EXISTS', record_key(id)) == 1 and seen(id, now)
if known then
  local answer = answer_of(id)
  local known_key = answer and answer.question_key or field(id, 'question_key') or ''
  if is_key_of(known_key, question_key, older_key) then
    return { is_ours() and 'new' or 'known', left, known }
  end
  return { 'other', left, known, known_key }
end

-- The record of a new request, as seen() would return it.
local function new(status, result, attempt)
  return { question, status, '', result, budget_ms, attempt, budget_ms + keep_ms }
end

local result = kept_result_of_today(ARGV[5], ARGV[6], ARGV[7], ARGV[11], ARGV[12], budget_ms + keep_ms)
if result then
  write_answered(id, token, question, question_key, result, budget_ms + keep_ms)
  return { 'done', left, new('done', result, 0) }
end

write_record(id, token, question, question_key, now, budget_ms, keep_ms)
local leader = live_leader(id)
if leader then
  follow(id, leader)
  return { 'joined', left, new(field(leader, 'status'), '', 0) }
end
if is_full(now, lease_ms) then
  redis.call('DEL', record_key(id))
  note_carried_out(token)
  return { 'full', left }
end
redis.call('HSET', record_key(id), 'attempt', '1')
lead(id, now)
lease(id, now, lease_ms)
return { 'new', left, new('accepted', '', 1) }
