-- Claims requests whose lease ran out: each claim is a new attempt, and only one caller gets it. A repeated call gets
-- the same claims, except those that it has lost.
-- Requires: ends, clock
-- KEYS: [1] repeated:{token}, a list here, REPEATED_MS: the ids that this call claimed, each with its attempt
-- ARGV: lease ms, most claims, and the ids of requests that the caller cannot process
-- Returns a list of {id, question, question key, attempt, ms until the deadline}.
local claims = KEYS[1]
local lease_ms, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = now_ms()
local claimed = {}
local left_out = {}
for i = 3, #ARGV do
  left_out[ARGV[i]] = true
end

local function note_claim(id)
  local question, key = field(id, 'question'), field(id, 'question_key')
  table.insert(claimed, { id, question, key or '', attempt_of(id), deadline_of(id) - now })
end

local function claim(id)
  redis.call('HINCRBY', record_key(id), 'attempt', 1)
  redis.call('HSET', record_key(id), 'status', 'accepted')
  redis.call('HDEL', record_key(id), 'progress', 'step')
  if not live_leader(id) then
    lead(id, now)
  end
  lease(id, now, lease_ms)
  redis.call('RPUSH', claims, id, attempt_of(id))
  note_claim(id)
end

local function handle(id)
  end_if_late(id, now)
  if not is_under_way(id) then
    redis.call('ZREM', KEY.LEASES, id)
  elseif attempt_of(id) - excused_of(id) >= MAX_ATTEMPTS then
    end_request(id, now, 'failed', FAILURE.CRASHED, '')
  elseif attempt_of(id) == 0 and live_leader(id) then
    -- Its leader failed and another follower is the leader now: join it.
    follow(id, live_leader(id))
  else
    claim(id)
  end
end

local earlier = redis.call('LRANGE', claims, 0, -1)
for i = 1, #earlier, 2 do
  local id = earlier[i]
  if is_current(id, tonumber(earlier[i + 1])) and not is_damaged(id, now) then
    note_claim(id)
  end
end
if #earlier > 0 then
  return claimed
end

-- A request whose record was lost has no end, and only an end begins the next request of its queue.
begin_waiting(BATCH_REQUESTS_QUEUE, now)
begin_waiting(LONG_QUEUE, now)

local found = shared_call('ZRANGEBYSCORE', KEY.LEASES, '-inf', whole(now), 'LIMIT', 0, whole(most + #ARGV - 2))
for _, id in ipairs(found) do
  if left_out[id] then
    each_by_itself(id, function() end_if_late(id, now) end)
  elseif #claimed < most then
    each_by_itself(id, function() handle(id) end)
  end
end
if #claimed > 0 then
  redis.call('PEXPIRE', claims, REPEATED_MS)
end
return claimed
