-- The records of requests. A record may be damaged, or of another version: nothing here raises for one.
-- Requires: values
-- Keys:
--   request:{id}  hash, deadline + KEEP_MS: a request; one that was done at once has only status, answer, token, and owner if it has one

local function record_key(id)
  return PREFIX.REQUEST .. id
end

-- Returns a field of a record; nil if there is none, or if the key is not a hash.
local function field(id, name)
  local value = redis.pcall('HGET', record_key(id), name)
  return type(value) == 'string' and value or nil
end

local function is_under_way(id)
  local status = field(id, 'status')
  return status ~= nil and not ENDED[status]
end

local function deadline_of(id)
  return number_of(field(id, 'deadline'))
end

local function attempt_of(id)
  return number_of(field(id, 'attempt'))
end

-- Returns the number of attempts that do not count against MAX_ATTEMPTS, because their service stopped.
local function excused_of(id)
  return math.max(number_of(field(id, 'excused')) or 0, 0)
end

-- Returns whether the value under this id has not ended and cannot be processed.
local function is_damaged(id, now)
  local found = redis.pcall('HMGET', record_key(id), 'status', 'question', 'deadline', 'attempt')
  if found.err then
    return true
  elseif ENDED[found[1]] then
    return false
  elseif not (found[1] or found[2] or found[3] or found[4]) then
    return redis.call('EXISTS', record_key(id)) == 1
  end
  local deadline, attempt = number_of(found[3]), number_of(found[4])
  local is_sound = found[1] and found[2] and deadline and attempt
    and deadline > 0 and deadline < now + FURTHEST_DEADLINE_MS
    and attempt >= 0 and attempt <= MOST_STORED_ATTEMPTS and attempt == math.floor(attempt)
  return not is_sound
end

-- Returns whether a record's question key is one of the caller's. An older version computes another key, which is empty
-- if that version lacks a field of the question.
local function is_key_of(stored, key, older_key)
  return stored == key or (stored == older_key and older_key ~= '')
end

-- Returns whether an attempt is current: the request is under way and was not claimed again. The question's keys, if
-- given, must match the record: after a loss of data an id may belong to another question.
local function is_current(id, attempt, key, older_key)
  if not is_under_way(id) or attempt_of(id) ~= attempt then
    return false
  end
  local stored = field(id, 'question_key')
  return (key or '') == '' or stored == nil or is_key_of(stored, key, older_key)
end

-- Removes the rest of a record whose answer was lost. Without a rest it must not write: after its first write, a script
-- may continue to write in a full Redis.
local function remove_rest(id)
  if redis.call('EXISTS', record_key(id)) == 1 then
    redis.call('DEL', record_key(id))
  end
end

local function write_owner(id, owner)
  if owner ~= '' then
    redis.call('HSET', record_key(id), 'owner', owner)
  end
end

-- Writes a new record, without an attempt yet.
-- token: identifies the call that writes it, so that a repetition is recognised
-- owner: the account that sent the request; empty for none
local function write_record(id, token, owner, question, question_key, now, budget_ms)
  remove_rest(id)
  redis.call('HSET', record_key(id), 'question', question, 'question_key', question_key, 'status', 'accepted',
    'attempt', '0', 'begun', '0', 'accepted', whole(now), 'deadline', whole(now + budget_ms), 'error', '', 'result', '',
    'token', token)
  write_owner(id, owner)
  redis.call('PEXPIRE', record_key(id), whole(budget_ms + KEEP_MS))
end
