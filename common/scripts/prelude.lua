-- Shared by every script: it is put before each of them.
-- Keys are built here and not declared: the design has one Redis, never a cluster.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lua would write a large number as 1.7e+12.
local function whole(number)
  return string.format('%d', number)
end

local function record_key(id)
  return 'request:' .. id
end

local ENDED = { done = true, failed = true, cancelled = true }

local function is_under_way(id)
  local status = redis.call('HGET', record_key(id), 'status')
  return status and not ENDED[status]
end

local function deadline_of(id)
  return tonumber(redis.call('HGET', record_key(id), 'deadline'))
end

local function attempt_of(id)
  return tonumber(redis.call('HGET', record_key(id), 'attempt'))
end

-- An attempt is current while nobody has claimed the request after it, and it has not ended.
local function is_current(id, attempt)
  return is_under_way(id) and attempt_of(id) == attempt
end

-- A lease never outlives the deadline: what runs into it is ended by whoever looks first.
local function lease(id, now, lease_ms)
  redis.call('HDEL', record_key(id), 'overdue_since')
  redis.call('ZADD', 'leases', whole(math.min(now + lease_ms, deadline_of(id))), id)
end

local function underway_key(id)
  return 'underway:' .. redis.call('HGET', record_key(id), 'question_key')
end

local function live_leader(id)
  local leader = redis.call('GET', underway_key(id))
  if leader and leader ~= id and is_under_way(leader) then
    return leader
  end
  return nil
end

local function lead(id, now)
  redis.call('SET', underway_key(id), id, 'PX', whole(math.max(deadline_of(id) - now, 1)))
end

-- Whether as much is under way as the forecast services say that they take; where none says anything, one may be starting.
-- What follows another's end is not counted: its lease ends with its deadline, others soon.
local function is_full(now, lease_ms)
  local rooms, room = redis.call('ZRANGEBYSCORE', 'rooms', whole(now), '+inf'), 0
  for _, said in ipairs(rooms) do
    room = room + tonumber(string.match(said, '%d+$'))
  end
  return #rooms > 0 and redis.call('ZCOUNT', 'leases', '-inf', whole(now + lease_ms)) >= room
end

-- A follower needs no lease of its own: it is looked at when its leader ends, or at its deadline.
local function follow(id, leader)
  local deadline = deadline_of(id)
  redis.call('HSET', record_key(id), 'leader', leader)
  redis.call('SADD', 'followers:' .. leader, id)
  redis.call('PEXPIREAT', 'followers:' .. leader, whole(deadline + 3600000))
  redis.call('ZADD', 'leases', whole(deadline), id)
end

local LATE = cjson.encode({
  code = 'deadline_exceeded',
  detail = 'The forecast was not ready in time; please try again.',
})

-- Codes that the same question meets again at once: a follower need not find out by itself.
local SHARED = { unknown_ticker = true, too_little_data = true, implausible_prices = true }

-- So many requests of all batches together are at work at once: the rest of the room is for those who wait.
local BATCHED_AT_ONCE = 8
-- No deadline is further away.
local BATCHES_MS = 7200000

-- Appends to a list that expires.
local function push(list, value)
  redis.call('RPUSH', list, value)
  redis.call('PEXPIRE', list, BATCHES_MS)
end

-- How many requests of batches wait for their turn.
local function count_waiting()
  if redis.call('EXISTS', 'batch_clients') == 0 then
    return 0
  end
  return math.max(tonumber(redis.call('GET', 'batch_waiting') or '0'), 0)
end

-- Appends the requests of a batch to the queues from which next_in_turn takes them.
local function enqueue_batch(client, batch, ids)
  if #ids == 0 then
    return
  end
  redis.call('SET', 'batch_waiting', whole(count_waiting() + #ids), 'PX', BATCHES_MS)
  for _, id in ipairs(ids) do
    push('batch_requests:' .. batch, id)
  end
  local batches = 'client_batches:' .. client
  if redis.call('EXISTS', batches) == 0 then
    push('batch_clients', client)
  end
  push(batches, batch)
end

-- Takes the request whose turn it is, or nil where none waits. The list batch_clients has the clients with waiting
-- batches, client_batches:{client} the batches of one client, batch_requests:{batch} the requests of one batch. After
-- its turn a client goes to the end of its list, and so does the batch: clients have equal turns, and so have the
-- batches of one client. The id is empty where a list expired.
local function next_in_turn()
  local client = redis.call('LPOP', 'batch_clients')
  if not client then
    -- A web server of the previous version adds to this list during an upgrade.
    return redis.call('LPOP', 'batch_queue') or nil
  end
  local batches = 'client_batches:' .. client
  local batch = redis.call('LPOP', batches) or ''
  local requests = 'batch_requests:' .. batch
  local id = redis.call('LPOP', requests)
  if redis.call('EXISTS', requests) == 1 then
    push(batches, batch)
  end
  if redis.call('EXISTS', batches) == 1 then
    push('batch_clients', client)
  end
  redis.call('SET', 'batch_waiting', whole(math.max(count_waiting() - 1, 0)), 'PX', BATCHES_MS)
  return id or ''
end

-- Begins waiting requests of batches until BATCHED_AT_ONCE are at work. From then on each is like any other request:
-- it has the time of one, and is claimed like one whose attempt died.
local function begin_batched(now)
  redis.call('ZREMRANGEBYSCORE', 'batched', '-inf', whole(now))
  while redis.call('ZCARD', 'batched') < BATCHED_AT_ONCE do
    local id = next_in_turn()
    if not id then
      return
    end
    if is_under_way(id) then
      local deadline = math.min(deadline_of(id), now + tonumber(redis.call('HGET', record_key(id), 'budget')))
      redis.call('HSET', record_key(id), 'deadline', whole(deadline))
      redis.call('ZADD', 'batched', whole(deadline), id)
      redis.call('PEXPIRE', 'batched', whole(BATCHES_MS))
      redis.call('ZADD', 'leases', whole(now), id)
    end
  end
end

-- A new record, which nobody works on yet; done where it has a result.
local function write_record(id, question, question_key, result, now, budget_ms, keep_ms)
  redis.call('HSET', record_key(id), 'question', question, 'question_key', question_key,
    'status', result and 'done' or 'accepted', 'attempt', '0', 'begun', '0', 'deadline', whole(now + budget_ms),
    'error', '', 'result', result or '')
  redis.call('PEXPIRE', record_key(id), whole(budget_ms + keep_ms))
end

-- The key of the result that answers a question today, as records.py and dates.py make it, kept for some time from now;
-- nil without usable prices, or where there is no such result.
-- prices: the key of the pointer to them; before, after: the key but for their version and the day counted from
local function kept_result_of_today(prices, before, after, today, stale_before, least_ms)
  local pointer = redis.call('HMGET', prices, 'version', 'last')
  if not pointer[1] or not pointer[2] then
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
  if now > deadline_of(id) then
    status, error, result = 'failed', LATE, ''
  end
  redis.call('HSET', record_key(id), 'status', status, 'error', error, 'result', result)
  redis.call('INCR', 'ends')
  redis.call('PEXPIRE', 'ends', ENDS_MS)
  redis.call('HDEL', record_key(id), 'leader')
  redis.call('ZREM', 'leases', id)
  if redis.call('ZREM', 'batched', id) == 1 then
    begin_batched(now)
  end
end

-- Ends a request, and with it those that joined it: a result and a fact about the data are theirs as well;
-- from any other end they go their own way, at once.
local function end_request(id, now, status, error, result)
  local underway = underway_key(id)
  if redis.call('GET', underway) == id then
    redis.call('DEL', underway)
  end
  write_end(id, now, status, error, result)
  local shared = status == 'done' or (status == 'failed' and SHARED[cjson.decode(error).code])
  for _, follower in ipairs(redis.call('SMEMBERS', 'followers:' .. id)) do
    if is_under_way(follower) and redis.call('HGET', record_key(follower), 'leader') == id then
      if shared then
        write_end(follower, now, status, error, result)
      else
        redis.call('HDEL', record_key(follower), 'leader')
        redis.call('ZADD', 'leases', whole(now), follower)
      end
    end
  end
  redis.call('DEL', 'followers:' .. id)
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
  local alive_until = redis.call('ZSCORE', 'leases', id)
  if not is_under_way(id) or not alive_until or tonumber(alive_until) > now then
    return
  end
  local since = redis.call('HGET', record_key(id), 'overdue_since')
  if not since then
    redis.call('HSET', record_key(id), 'overdue_since', whole(now))
  elseif now - tonumber(since) > ABANDONED_MS then
    end_request(id, now, 'failed', ABANDONED, '')
  end
end

local function end_if_late(id, now)
  if is_under_way(id) and now >= deadline_of(id) then
    end_request(id, now, 'failed', LATE, '')
  end
end

-- A record as a reader sees it, ended first where its deadline has passed or nobody is left to work on it; or nil.
local function seen(id, now)
  end_if_late(id, now)
  end_if_abandoned(id, now)
  local fields = redis.call('HMGET', record_key(id), 'question', 'status', 'error', 'result', 'leader')
  if not fields[1] then
    return nil
  end
  local status = fields[2]
  -- One that joined another shows how far the other is.
  if fields[5] and is_under_way(fields[5]) then
    status = redis.call('HGET', record_key(fields[5]), 'status')
  end
  local kept_ms = redis.call('PTTL', record_key(id))
  return { fields[1], status, fields[3], fields[4], math.max(deadline_of(id) - now, 0), attempt_of(id), kept_ms }
end

-- Counts what a client asks for against every quota, or against none where one of them would be exceeded.
-- cost: how much is asked for; from: where in ARGV the quotas begin: name, seconds and most of each by turns
-- Returns whether it was counted; and what is left and the ms until the window turns, of each quota by turns.
local function count(cost, from, now)
  local allowed, counters = true, {}
  for i = from, #ARGV, 3 do
    local length, most = tonumber(ARGV[i + 1]) * 1000, tonumber(ARGV[i + 2])
    local key = 'rate:' .. ARGV[i] .. ':' .. whole(length) .. ':' .. whole(math.floor(now / length))
    local used = tonumber(redis.call('GET', key) or '0')
    allowed = allowed and used + cost <= most
    counters[#counters + 1] = { key = key, used = used, most = most, ms = length - now % length }
  end
  local left = {}
  for _, counter in ipairs(counters) do
    if allowed then
      counter.used = counter.used + cost
      redis.call('SET', counter.key, whole(counter.used), 'PX', whole(counter.ms + 1000))
    end
    table.insert(left, counter.most - counter.used)
    table.insert(left, counter.ms)
  end
  return allowed, left
end

-- Where the calls of an account in the window that lasts now are counted.
local function budget_key(account, now, seconds)
  return 'budget:' .. account .. ':' .. seconds .. ':' .. whole(math.floor(now / (seconds * 1000)))
end
