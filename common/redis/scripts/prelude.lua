-- Requests, leases and batches. It is put before each script, behind the other shared parts.
-- Keys are built here and not declared: the design has one Redis, never a cluster.
--
-- Keys, each with its type:
--   request:{id}             hash: a request; one that was answered at once has only status, answer and token
--   answer:{hash}            hash: the question, question_key and result that such requests share
--   leases                   sorted set: requests under way, by the ms until which their attempt counts as alive
--   underway:{question key}  string: the request that others with the same question join
--   followers:{id}           set: the requests that joined it
--   batch:{id}               hash: a batch
--   batched                  sorted set: requests of batches that are at work, by their deadlines
--   result:{...}             hash: a result's body, png and svg_gzip
--   rooms                    sorted set: how many requests each forecast service takes
--   ends                     string: how many requests have ended
--
-- A record may be damaged, or of another version. Nothing here may raise for one: it is ended by itself, and the
-- others go on.

local function record_key(id)
  return 'request:' .. id
end

local ENDED = { done = true, failed = true, cancelled = true }

-- A field of a record; nil where there is none, or where the key is no hash.
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

local MOST_ATTEMPTS = 1000
-- No deadline is further away, in a record that is not damaged.
local FURTHEST_MS = 4 * 3600000

-- Whether there is something under this id that has not ended and cannot be worked on.
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
    and deadline > 0 and deadline < now + FURTHEST_MS
    and attempt >= 0 and attempt <= MOST_ATTEMPTS and attempt == math.floor(attempt)
  return not is_sound
end

-- Whether the question key of a record is one of the caller's: an older version has another, where it could ask the question.
local function is_key_of(kept, key, older_key)
  return kept == key or (kept == older_key and older_key ~= '')
end

-- An attempt is current until the request is claimed again or ends. Where the caller gives the
-- question's keys, they must be the record's: after a loss of data an id may be that of another question.
local function is_current(id, attempt, key, older_key)
  if not is_under_way(id) or attempt_of(id) ~= attempt then
    return false
  end
  local kept = field(id, 'question_key')
  return (key or '') == '' or kept == nil or is_key_of(kept, key, older_key)
end

-- A lease never outlives the deadline: what runs into it is ended by whoever looks first.
local function lease(id, now, lease_ms)
  redis.call('HDEL', record_key(id), 'overdue_since')
  shared_call('ZADD', 'leases', whole(math.min(now + lease_ms, deadline_of(id))), id)
end

local function underway_key(id)
  local key = field(id, 'question_key')
  return key and 'underway:' .. key
end

-- The request under way that another with the same question joins. After a loss of data its id may be another question's.
local function live_leader(id)
  local underway = underway_key(id)
  local leader = underway and redis.pcall('GET', underway)
  if type(leader) ~= 'string' or leader == id or not is_under_way(leader) then
    return nil
  end
  return underway_key(leader) == underway and leader or nil
end

local function lead(id, now)
  local underway = underway_key(id)
  if underway then
    redis.call('SET', underway, id, 'PX', whole(math.max(deadline_of(id) - now, 1)))
  end
end

-- Whether as much is under way as the forecast services say that they take; where none says anything, one may be starting.
-- What follows another's end is not counted: its lease ends with its deadline, others soon.
local function is_full(now, lease_ms)
  local rooms, room = shared_call('ZRANGEBYSCORE', 'rooms', whole(now), '+inf'), 0
  for _, said in ipairs(rooms) do
    room = room + (tonumber(string.match(said, '%d+$')) or 0)
  end
  return #rooms > 0 and shared_call('ZCOUNT', 'leases', '-inf', whole(now + lease_ms)) >= room
end

-- A follower needs no lease of its own: it is looked at when its leader ends, or at its deadline.
local function follow(id, leader)
  local deadline = deadline_of(id)
  redis.call('HSET', record_key(id), 'leader', leader)
  shared_call('SADD', 'followers:' .. leader, id)
  redis.call('PEXPIREAT', 'followers:' .. leader, whole(deadline + 3600000))
  shared_call('ZADD', 'leases', whole(deadline), id)
end

-- The sentence for a person is that of the code (common/domain/errors.py).
local LATE = cjson.encode({ code = 'deadline_exceeded' })
local DAMAGED = cjson.encode({
  code = 'forecast_failed',
  detail = 'A part of this request was lost. Please ask again.',
})

-- Codes that the same question meets again at once: a follower need not find out by itself.
local SHARED = { unknown_ticker = true, too_little_data = true, implausible_prices = true }

local function code_of(error)
  local is_read, decoded = pcall(cjson.decode, error)
  return is_read and type(decoded) == 'table' and decoded.code or nil
end

-- So many requests of all batches together are at work at once: the rest of the room is for those who wait.
local BATCHED_AT_ONCE = 8

local end_damaged

-- Begins waiting requests of batches until BATCHED_AT_ONCE are at work. From then on each is like any other request:
-- it has the time of one, and is claimed like one whose attempt died.
local function begin_batched(now)
  shared_call('ZREMRANGEBYSCORE', 'batched', '-inf', whole(now))
  while redis.call('ZCARD', 'batched') < BATCHED_AT_ONCE do
    local id = next_in_turn()
    if not id then
      return
    end
    if is_damaged(id, now) then
      end_damaged(id, now)
    elseif is_under_way(id) then
      local deadline = math.min(deadline_of(id), now + (number_of(field(id, 'budget')) or 0))
      redis.call('HSET', record_key(id), 'deadline', whole(deadline))
      redis.call('ZADD', 'batched', whole(deadline), id)
      redis.call('PEXPIRE', 'batched', whole(BATCHES_MS))
      shared_call('ZADD', 'leases', whole(now), id)
    end
  end
end

-- Removes what is left of a record whose answer was lost. It is no write where nothing is left: after its first write a
-- script may write on where Redis is full.
local function remove_rest(id)
  if redis.call('EXISTS', record_key(id)) == 1 then
    redis.call('DEL', record_key(id))
  end
end

-- A new record, without an attempt yet.
-- token: that of the call, by which it is known again where it arrives twice
local function write_record(id, token, question, question_key, now, budget_ms, keep_ms)
  remove_rest(id)
  redis.call('HSET', record_key(id), 'question', question, 'question_key', question_key, 'status', 'accepted',
    'attempt', '0', 'begun', '0', 'deadline', whole(now + budget_ms), 'error', '', 'result', '', 'token', token)
  redis.call('PEXPIRE', record_key(id), whole(budget_ms + keep_ms))
end

-- A new record that has its result at once: as small as can be, for there may be thousands a minute.
local function write_answered(id, token, question, question_key, result, kept_ms)
  local answer = string.sub(redis.sha1hex(question_key .. result), 1, 20)
  local key = 'answer:' .. answer
  if redis.call('PTTL', key) < kept_ms then
    redis.call('HSET', key, 'question', question, 'question_key', question_key, 'result', result)
    -- Twice as long, so that not every request has to write it.
    redis.call('PEXPIRE', key, whole(2 * kept_ms))
  end
  remove_rest(id)
  redis.call('HSET', record_key(id), 'status', 'done', 'answer', answer, 'token', token)
  redis.call('PEXPIRE', record_key(id), whole(kept_ms))
end

-- The question, question key and result of a request that was answered at once; nil where it was not.
local function answer_of(id)
  local answer = field(id, 'answer')
  local found = answer and redis.pcall('HMGET', 'answer:' .. answer, 'question', 'question_key', 'result')
  if not found or found.err or not found[1] or not found[2] or not found[3] then
    return nil
  end
  return { question = found[1], question_key = found[2], result = found[3] }
end

-- The key of the result that answers a question today, as records.py and dates.py make it, kept for some time from now;
-- nil without usable prices, or where there is no such result.
-- prices: the key of the pointer to them; before, after: the key but for their version and the day counted from
local function kept_result_of_today(prices, before, after, today, stale_before, least_ms)
  local pointer = redis.pcall('HMGET', prices, 'version', 'last')
  if pointer.err or not pointer[1] or not pointer[2] then
    return nil
  end
  local last = pointer[2]
  local counted_from = (last < stale_before or last > today) and last or today
  local result = before .. pointer[1] .. after .. counted_from
  local kept_ms = redis.call('PTTL', result)
  if kept_ms == -2 then -- which means that there is none
    return nil
  end
  if kept_ms < least_ms then
    redis.call('PEXPIRE', result, whole(least_ms))
  end
  return result
end

-- For how long the number of ends is kept after the last one: who counts from nothing again looks once too often.
local ENDS_MS = 7200000

local function write_end(id, now, status, error, result)
  local deadline = deadline_of(id)
  if deadline and now > deadline then
    status, error, result = 'failed', LATE, ''
  end
  redis.call('HSET', record_key(id), 'status', status, 'error', error, 'result', result)
  if type(redis.pcall('INCR', 'ends')) ~= 'number' then
    redis.call('SET', 'ends', 1)
  end
  redis.call('PEXPIRE', 'ends', ENDS_MS)
  redis.call('HDEL', record_key(id), 'leader')
  shared_call('ZREM', 'leases', id)
  if shared_call('ZREM', 'batched', id) == 1 then
    begin_batched(now)
  end
end

-- Ends a follower when its leader ends. It takes over a result or a failure that is due to the data. After any other end
-- of its leader it is processed by itself, at once.
local function end_follower(id, leader, leader_key, now, status, error, result)
  if field(id, 'leader') ~= leader then
    return
  elseif is_damaged(id, now) then
    end_damaged(id, now)
  elseif is_under_way(id) then
    local is_shared = status == 'done' or (status == 'failed' and SHARED[code_of(error)])
    if is_shared and leader_key and field(id, 'question_key') == leader_key then
      write_end(id, now, status, error, result)
    else
      redis.call('HDEL', record_key(id), 'leader')
      shared_call('ZADD', 'leases', whole(now), id)
    end
  end
end

-- Ends a request, and with it those that joined it.
local function end_request(id, now, status, error, result)
  local key, underway = field(id, 'question_key'), underway_key(id)
  if underway and redis.pcall('GET', underway) == id then
    redis.call('DEL', underway)
  end
  write_end(id, now, status, error, result)
  for _, follower in ipairs(shared_call('SMEMBERS', 'followers:' .. id)) do
    end_follower(follower, id, key, now, status, error, result)
  end
  redis.call('DEL', 'followers:' .. id)
end

-- Ends a record that cannot be worked on, with a reason where one can be written; what is no record at all is removed.
end_damaged = function(id, now)
  local key = record_key(id)
  if redis.call('TYPE', key).ok ~= 'hash' then
    redis.call('DEL', key)
    shared_call('ZREM', 'leases', id)
    shared_call('ZREM', 'batched', id)
    return
  end
  redis.call('HDEL', key, 'deadline')
  end_request(id, now, 'failed', DAMAGED, '')
  if redis.call('PTTL', key) < 0 then
    redis.call('PEXPIRE', key, 3600000)
  end
end

local ABANDONED_MS = 4000
local ABANDONED = cjson.encode({
  code = 'busy',
  detail = 'The service that fetches prices cannot be reached at the moment; please try again.',
  retry_after_s = 2,
})

-- A lease that ran out is taken up at once where anybody looks for such; where it is seen overdue for longer,
-- nobody does, and waiting for the deadline would only waste a person's time. What was seen is written down, so that
-- a Redis that stood still does not make a request overdue.
local function end_if_abandoned(id, now)
  local alive_until = number_of(shared_call('ZSCORE', 'leases', id))
  if not is_under_way(id) or not alive_until or alive_until > now then
    return
  end
  local since = number_of(field(id, 'overdue_since'))
  if not since then
    redis.call('HSET', record_key(id), 'overdue_since', whole(now))
  elseif now - since > ABANDONED_MS then
    end_request(id, now, 'failed', ABANDONED, '')
  end
end

-- Ends what is damaged, or past its deadline.
local function end_if_late(id, now)
  if is_damaged(id, now) then
    end_damaged(id, now)
  elseif is_under_way(id) and now >= deadline_of(id) then
    end_request(id, now, 'failed', LATE, '')
  end
end

-- A record as a reader sees it, ended first where its deadline has passed or nobody is left to work on it; or nil.
-- An empty question is one that was lost.
local function seen(id, now)
  end_if_late(id, now)
  end_if_abandoned(id, now)
  local fields = redis.pcall('HMGET', record_key(id), 'question', 'status', 'error', 'result', 'leader')
  if fields.err or not fields[2] then
    return nil
  end
  local kept_ms = redis.call('PTTL', record_key(id))
  local answer = answer_of(id)
  if answer then
    return { answer.question, fields[2], '', answer.result, 0, 0, kept_ms }
  elseif field(id, 'answer') then
    return nil
  end
  local status = fields[2]
  -- One that joined another shows how far the other is.
  if fields[5] and is_under_way(fields[5]) then
    status = field(fields[5], 'status')
  end
  local left_ms = math.max((deadline_of(id) or now) - now, 0)
  return { fields[1] or '', status, fields[3] or '', fields[4] or '', left_ms, attempt_of(id) or 0, kept_ms }
end

-- The words with which a refusal of Redis as a whole begins: no record is to blame for it.
local REFUSALS = { 'OOM', 'READONLY', 'MISCONF', 'NOREPLICAS', 'LOADING', 'MASTERDOWN', 'NOPERM', 'BUSY' }

-- Runs what is done for one of several records. Should it fail in a way that is not foreseen, this record is dropped from
-- the leases, and the others go on.
local function each_by_itself(id, act)
  local is_done, raised = pcall(act)
  if is_done then
    return
  end
  local reason = type(raised) == 'table' and raised.err or tostring(raised)
  for _, refusal in ipairs(REFUSALS) do
    if string.find(reason, refusal .. ' ', 1, true) then
      error(raised, 0)
    end
  end
  shared_call('ZREM', 'leases', id)
end
