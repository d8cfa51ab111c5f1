-- Writes the record of a request, unless there is one, and counts it against its client's quotas.
-- Requires: views, clock, windows, repeats, long_work
-- KEYS: [1] repeated:{token}, string, REPEATED_MS: marks this call as executed; identifies the call in the record
--       [2] prices:{ticker}, hash: the pointer to the prices of the question
--       [3...] rate:{quota}:{ms}: the keys of the quotas' windows, see windows.lua
-- ARGV: id, question, question key, the key that an older version computes, the result's key around the version of the
--       prices (two parts), budget ms, lease ms, today at
--       the exchange, the first day on which a last close is not stale, the owner or an empty text; the client in whose
--       turn the request waits, or an empty text for quick work, ms by which each request that waits already moves the
--       deadline, the most ms until a deadline; the calls as which the request counts; the quotas' windows as in
--       windows.lua
-- Returns {'known', 'done', 'joined', 'queued' or 'new', what is left of each window, record};
-- {'other', what is left, record, its question key} if the record seems to have another question;
-- or {'limited' or 'full', what is left}: then nothing is written.
local token, pointer_key = KEYS[1], KEYS[2]
local id, question, question_key, older_key = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local result_before, result_after = ARGV[5], ARGV[6]
local budget_ms, lease_ms = tonumber(ARGV[7]), tonumber(ARGV[8])
local today, stale_before, owner = ARGV[9], ARGV[10], ARGV[11]
local client, queued_ms, longest_ms = ARGV[12], tonumber(ARGV[13]), tonumber(ARGV[14])
local calls = tonumber(ARGV[15])
local FIRST_WINDOW_KEY, FIRST_WINDOW = 3, 16
local each_ms = budget_ms
if client ~= '' then
  budget_ms = long_budget_ms(each_ms, queued_ms, longest_ms)
end
local now = now_ms()

local is_again = field(id, 'token') == token or is_repeated()
local allowed, left = count(is_again and 0 or calls, FIRST_WINDOW_KEY, FIRST_WINDOW, now)
if not allowed then
  return { 'limited', left }
end

-- Returns whether this call wrote the record and its reply was lost. The caller then gets the same reply, because no
-- other call dispatches the request.
local function is_ours()
  local is_untouched = field(id, 'begun') == '0' and field(id, 'attempt') == '1' and not field(id, 'leader')
  return is_again and client == '' and is_untouched and is_under_way(id)
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

-- Returns the new record as seen() would.
local kept_ms = budget_ms + KEEP_MS
local function new(status, result, attempt)
  return { question, status, '', result, budget_ms, attempt, kept_ms, owner, '', '', '' }
end

local result = current_result(pointer_key, result_before, result_after, today, stale_before, kept_ms)
if result then
  write_answered(id, token, owner, question, question_key, result, kept_ms)
  return { 'done', left, new('done', result, 0) }
end

write_record(id, token, owner, question, question_key, now, budget_ms)
if client ~= '' then
  redis.call('HSET', record_key(id), 'budget', whole(each_ms))
end
local leader = live_leader(id)
if leader then
  follow(id, leader)
  return { 'joined', left, new(field(leader, 'status'), '', 0) }
end
local is_refused
if client == '' then
  is_refused = is_full(now, lease_ms)
else
  is_refused = is_queue_full(client)
end
if is_refused then
  redis.call('DEL', record_key(id))
  note_executed()
  return { 'full', left }
end
if client ~= '' then
  wait_for_turn(id, client, now)
  begin_waiting(LONG_QUEUE, now)
  return { 'queued', left, new('accepted', '', 0) }
end
redis.call('HSET', record_key(id), 'attempt', '1')
lead(id, now)
lease(id, now, lease_ms)
return { 'new', left, new('accepted', '', 1) }
