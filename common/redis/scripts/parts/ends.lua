-- The ends of requests.
-- Requires: joining, turns
-- Keys (beside those of the required parts):
--   ends              string, ENDS_MS: the number of requests that have ended
--   request_outcomes  hash, OUTCOMES_MS: the ends by kind and outcome; the cold forecasts by their time, with its sum
--   leases, underway:{question key}, followers:{id}: see joining.lua
--   batched, long_begun, long_rooms: see turns.lua and joining.lua

local end_damaged

-- Returns the most requests of a queue that may have begun. Long work has as many as there are workers for it: without
-- a forecast service, a request that began would only use up its time and its attempts.
local function most_begun(queue, now)
  if queue == LONG_QUEUE then
    return advertised_capacity(KEY.LONG_CAPACITIES, now) or 0
  end
  return BATCHED_AT_ONCE
end

-- Begins a request of a queue: it gets the deadline of a single request, and is claimed like one whose lease ran out.
local function begin_queued(queue, id, now)
  local deadline, budget = deadline_of(id), number_of(field(id, 'budget'))
  if budget then
    deadline = math.min(deadline, now + budget)
  end
  redis.call('HSET', record_key(id), 'deadline', whole(deadline))
  redis.call('HDEL', record_key(id), 'turn')
  redis.call('ZADD', queue.begun, whole(deadline), id)
  redis.call('PEXPIRE', queue.begun, whole(BATCHES_MS))
  shared_call('ZADD', KEY.LEASES, whole(now), id)
end

-- Removes requests from those of a queue that have begun: those past their deadlines; those without a record or with
-- an end that an older version wrote; and those that joined another request instead.
local function remove_gone(queue, now)
  shared_call('ZREMRANGEBYSCORE', queue.begun, '-inf', whole(now))
  for _, id in ipairs(redis.call('ZRANGE', queue.begun, 0, -1)) do
    if not is_under_way(id) or field(id, 'leader') then
      redis.call('ZREM', queue.begun, id)
    end
  end
end

-- Begins waiting requests of a queue while fewer have begun than may.
local function begin_waiting(queue, now)
  remove_gone(queue, now)
  local most = most_begun(queue, now)
  while redis.call('ZCARD', queue.begun) < most do
    local id = next_in_turn(queue)
    if not id then
      return
    end
    if is_damaged(id, now) then
      end_damaged(id, now)
    elseif is_under_way(id) then
      begin_queued(queue, id, now)
    end
  end
end

-- Returns the code of a stored failure; nil if it cannot be read.
local function code_of(error)
  local is_read, decoded = pcall(cjson.decode, error)
  return is_read and type(decoded) == 'table' and decoded.code or nil
end

-- Adds to a count of ends. A damaged one is removed: nothing that only counts may stop an end.
local function add_outcome(name, number)
  local reply = redis.pcall('HINCRBY', KEY.OUTCOMES, name, whole(number))
  if type(reply) == 'table' and reply.err then
    redis.call('DEL', KEY.OUTCOMES)
  end
end

-- Returns the name of the kind of a record; nil if this version does not have the kind.
local function kind_of(id)
  local is_read, question = pcall(cjson.decode, field(id, 'question') or '')
  local kind = is_read and type(question) == 'table' and (question.kind or FORECAST)
  return type(kind) == 'string' and KINDS[kind] and kind or nil
end

-- Returns the least bound within which a time lies, as text.
local function bound_of(ms)
  for _, bound in ipairs(COLD_BOUNDS_MS) do
    if ms <= bound then
      return whole(bound)
    end
  end
  return 'more'
end

-- Counts an end by its kind and outcome. A forecast that did not wait for the turn of a batch is also timed.
local function count_end(id, now, status, error)
  local kind = kind_of(id)
  if not kind then
    return
  end
  add_outcome(kind .. ':' .. (status == 'failed' and (OUTCOMES[code_of(error)] or 'failed') or status), 1)
  local accepted = number_of(field(id, 'accepted'))
  if status == 'done' and kind == FORECAST and accepted and not field(id, 'budget') then
    local ms = math.max(now - accepted, 0)
    add_outcome('cold:' .. bound_of(ms), 1)
    add_outcome('cold_ms', ms)
  end
  redis.call('PEXPIRE', KEY.OUTCOMES, whole(OUTCOMES_MS))
end

local function write_end(id, now, status, error, result)
  local deadline = deadline_of(id)
  if deadline and now > deadline then
    status, error, result = 'failed', FAILURE.LATE, ''
  end
  redis.call('HSET', record_key(id), 'status', status, 'error', error, 'result', result)
  if type(redis.pcall('INCR', KEY.ENDS)) ~= 'number' then
    redis.call('SET', KEY.ENDS, 1)
  end
  redis.call('PEXPIRE', KEY.ENDS, ENDS_MS)
  redis.call('HDEL', record_key(id), 'leader')
  shared_call('ZREM', KEY.LEASES, id)
  count_end(id, now, status, error)
end

-- Removes a request that has ended from the queues. Returns whether it has begun in each of the queues, and its turn
-- in that of long work if it waited.
local function leave_queues(id)
  local is_batched = shared_call('ZREM', KEY.BATCHED, id) == 1
  local is_long = shared_call('ZREM', KEY.LONG_BEGUN, id) == 1
  local turn = field(id, 'turn')
  return is_batched, is_long, turn and withdraw(turn) and turn or nil
end

-- Lets a follower continue without its leader. If that was long work, the first follower takes its place in the queue,
-- and the others join the first.
-- is_long: whether the leader has begun as long work; turn: the turn for which it waited, or nil
local function continue_alone(id, now, is_long, turn)
  redis.call('HDEL', record_key(id), 'leader')
  local next_leader = (is_long or turn) and live_leader(id)
  if next_leader then
    follow(id, next_leader)
  elseif is_long then
    begin_queued(LONG_QUEUE, id, now)
    lead(id, now)
  elseif turn then
    redis.call('HSET', record_key(id), 'turn', turn)
    take_turn(turn, id)
    lead(id, now)
  else
    shared_call('ZADD', KEY.LEASES, whole(now), id)
  end
end

-- Handles the end of a follower's leader. The follower shares a result, and a failure that is due to the data. After
-- any other end of its leader it continues alone.
local function end_follower(id, leader, leader_key, now, end_of_leader)
  if field(id, 'leader') ~= leader then
    return
  elseif is_damaged(id, now) then
    end_damaged(id, now)
  elseif is_under_way(id) then
    local status, error, result, is_long, turn = unpack(end_of_leader, 1, 5)
    local is_shared = status == 'done' or (status == 'failed' and SHARED_CODES[code_of(error)])
    if is_shared and leader_key and field(id, 'question_key') == leader_key then
      write_end(id, now, status, error, result)
    else
      continue_alone(id, now, is_long, turn)
    end
  end
end

-- Ends a request, and its followers with it.
local function end_request(id, now, status, error, result)
  local key, underway = field(id, 'question_key'), underway_key(id)
  if underway and redis.pcall('GET', underway) == id then
    redis.call('DEL', underway)
  end
  write_end(id, now, status, error, result)
  local is_batched, is_long, turn = leave_queues(id)
  local followers = shared_call('SMEMBERS', PREFIX.FOLLOWERS .. id)
  redis.call('DEL', PREFIX.FOLLOWERS .. id)
  for _, follower in ipairs(followers) do
    end_follower(follower, id, key, now, { status, error, result, is_long, turn })
  end
  if is_batched then
    begin_waiting(BATCH_REQUESTS_QUEUE, now)
  end
  if is_long then
    begin_waiting(LONG_QUEUE, now)
  end
end

-- Ends a damaged record as failed; removes a value that is not a record.
end_damaged = function(id, now)
  local key = record_key(id)
  if redis.call('TYPE', key).ok ~= 'hash' then
    redis.call('DEL', key)
    shared_call('ZREM', KEY.LEASES, id)
    shared_call('ZREM', KEY.BATCHED, id)
    shared_call('ZREM', KEY.LONG_BEGUN, id)
    return
  end
  redis.call('HDEL', key, 'deadline')
  end_request(id, now, 'failed', FAILURE.DAMAGED, '')
  if redis.call('PTTL', key) < 0 then
    redis.call('PEXPIRE', key, KEEP_MS)
  end
end

-- Ends a request whose lease is overdue for ABANDONED_MS: no ingestion service reclaims requests, so waiting until the
-- deadline is useless. The first observation is stored, so that a pause of Redis does not make a request overdue.
local function end_if_abandoned(id, now)
  local alive_until = number_of(shared_call('ZSCORE', KEY.LEASES, id))
  if not is_under_way(id) or not alive_until or alive_until > now then
    return
  end
  local since = number_of(field(id, 'overdue_since'))
  if not since then
    redis.call('HSET', record_key(id), 'overdue_since', whole(now))
  elseif now - since > ABANDONED_MS then
    end_request(id, now, 'failed', FAILURE.ABANDONED, '')
  end
end

-- Ends a request that is damaged, or past its deadline.
local function end_if_late(id, now)
  if is_damaged(id, now) then
    end_damaged(id, now)
  elseif is_under_way(id) and now >= deadline_of(id) then
    end_request(id, now, 'failed', FAILURE.LATE, '')
  end
end

-- The first words of refusals of Redis as a whole, which no record causes.
local REFUSALS = { 'OOM', 'READONLY', 'MISCONF', 'NOREPLICAS', 'LOADING', 'MASTERDOWN', 'NOPERM', 'BUSY' }

-- Runs an action for one of several records. After an unexpected error this record loses its lease, and the others
-- continue.
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
  shared_call('ZREM', KEY.LEASES, id)
end
