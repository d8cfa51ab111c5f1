-- Leases, capacity, and requests that join another with the same question (its followers and their leader).
-- Requires: records
-- Keys:
--   leases                   sorted set, without expiry: requests under way, by the ms until which they count as alive
--   underway:{question key}  string, until the deadline: the id of the request that others with the question join
--   followers:{id}           set, deadline + KEEP_MS: the ids of the requests that joined it
--   rooms, long_rooms        sorted set, a lease: {service}:{requests it accepts}, by the ms until which it counts; the
--                            second is for long work

-- Extends a lease, at most to the deadline.
local function lease(id, now, lease_ms)
  redis.call('HDEL', record_key(id), 'overdue_since')
  shared_call('ZADD', KEY.LEASES, whole(math.min(now + lease_ms, deadline_of(id))), id)
end

local function underway_key(id)
  local key = field(id, 'question_key')
  return key and PREFIX.UNDER_WAY .. key
end

-- Returns the request under way that another with the same question joins; nil if there is none. After a loss of data
-- the id may belong to another question.
local function live_leader(id)
  local underway = underway_key(id)
  local leader = underway and redis.pcall('GET', underway)
  if type(leader) ~= 'string' or leader == id or not is_under_way(leader) then
    return nil
  end
  return underway_key(leader) == underway and leader or nil
end

-- Makes a request the one that others with its question join.
local function lead(id, now)
  local underway = underway_key(id)
  if underway then
    redis.call('SET', underway, id, 'PX', whole(math.max(deadline_of(id) - now, 1)))
  end
end

-- Makes a request join another. Its lease is its deadline: the end of its leader ends or requeues it.
local function follow(id, leader)
  local deadline = deadline_of(id)
  redis.call('HSET', record_key(id), 'leader', leader)
  shared_call('SADD', PREFIX.FOLLOWERS .. leader, id)
  redis.call('PEXPIREAT', PREFIX.FOLLOWERS .. leader, whole(deadline + KEEP_MS))
  shared_call('ZADD', KEY.LEASES, whole(deadline), id)
end

-- Returns the number of requests that the forecast services advertise under a key; nil if none advertises.
local function advertised_capacity(key, now)
  local advertised, requests = shared_call('ZRANGEBYSCORE', key, whole(now), '+inf'), 0
  for _, capacity in ipairs(advertised) do
    requests = requests + (tonumber(string.match(capacity, '%d+$')) or 0)
  end
  return #advertised > 0 and requests or nil
end

-- Returns whether as many requests are under way as the forecast services advertise. If none advertises, a service may
-- be starting. Followers and waiting requests do not count: their leases end at their deadlines, those of requests at
-- work sooner.
local function is_full(now, lease_ms)
  local requests = advertised_capacity(KEY.CAPACITIES, now)
  return requests ~= nil and shared_call('ZCOUNT', KEY.LEASES, '-inf', whole(now + lease_ms)) >= requests
end
