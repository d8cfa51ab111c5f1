-- Claims requests whose lease ran out: each claim is a new attempt, and only one caller gets it.
-- ARGV: lease ms, most attempts, most claims
-- Returns a list of {id, question, attempt, ms until the deadline}.
local lease_ms, max_attempts = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = now_ms()
local claimed = {}

local CRASHED = cjson.encode({
  code = 'worker_crashed',
  detail = 'The forecast was started several times and lost each time; it was given up.',
})

local function claim(id)
  local attempt = redis.call('HINCRBY', record_key(id), 'attempt', 1)
  redis.call('HSET', record_key(id), 'status', 'accepted')
  if not live_leader(id) then
    lead(id, now)
  end
  lease(id, now, lease_ms)
  local question = redis.call('HGET', record_key(id), 'question')
  table.insert(claimed, { id, question, attempt, deadline_of(id) - now })
end

-- A request of a batch whose record was lost has no end that would let the next begin.
begin_batched(now)

for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'leases', '-inf', whole(now), 'LIMIT', 0, ARGV[3])) do
  end_if_late(id, now)
  if not is_under_way(id) then
    redis.call('ZREM', 'leases', id)
  elseif attempt_of(id) >= max_attempts then
    end_request(id, now, 'failed', CRASHED, '')
  elseif attempt_of(id) == 0 and live_leader(id) then
    -- Its leader failed, and another of those that had joined leads now: follow that one.
    follow(id, live_leader(id))
  else
    claim(id)
  end
end
return claimed
