-- Acceptance of long work, alone or in a batch.
-- Requires: ends

-- Returns the time until the deadline of a request of long work: each request that waits already extends it.
local function long_budget_ms(each_ms, queued_ms, longest_ms)
  return math.min(each_ms + count_waiting(LONG_QUEUE) * queued_ms, longest_ms)
end

-- Returns whether no further request of long work of a client may wait.
local function is_queue_full(client)
  return count_waiting(LONG_QUEUE) >= MOST_LONG_WAITING or count_waiting_of(client) >= MOST_LONG_WAITING_OF_CLIENT
end

-- Lets a new request of long work wait for its client's turn. Others with the same question join it.
local function wait_for_turn(id, client, now)
  redis.call('HSET', record_key(id), 'turn', id)
  lead(id, now)
  shared_call('ZADD', KEY.LEASES, whole(deadline_of(id)), id)
  enqueue(LONG_QUEUE, client, id, { id })
end
