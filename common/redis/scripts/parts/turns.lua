-- Queues of requests that wait for their turn: those of batches, and those of long work.
-- Requires: values
-- Keys (all expire after BATCHES_MS). A request of long work is a batch of its own here:
--   batch_clients, long_clients                  list: the clients with waiting batches
--   client_batches:{client}, client_long:{client} list: the batches of one client
--   batch_requests:{batch}                       list: the waiting requests of one batch
--   batch_waiting, long_waiting                  string: the number of waiting requests
--   batch_queue                                  list: waiting requests that a web server of an older version accepted
--   batched, long_begun                          sorted set: the requests that have begun, by their deadlines

local BATCH_REQUESTS_QUEUE = {
  clients = KEY.BATCH_CLIENTS,
  client_batches = PREFIX.CLIENT_BATCHES,
  waiting = KEY.BATCH_WAITING,
  begun = KEY.BATCHED,
}
local LONG_QUEUE = {
  clients = KEY.LONG_CLIENTS,
  client_batches = PREFIX.CLIENT_LONG,
  waiting = KEY.LONG_WAITING,
  begun = KEY.LONG_BEGUN,
}

-- Appends to a list that expires.
local function push(list, value)
  shared_call('RPUSH', list, value)
  redis.call('PEXPIRE', list, BATCHES_MS)
end

-- Returns the number of requests of a queue that wait for their turn.
local function count_waiting(queue)
  if redis.call('EXISTS', queue.clients) == 0 then
    return 0
  end
  return math.max(counted_at(queue.waiting), 0)
end

-- Appends the requests of a batch to a queue, from which next_in_turn takes them.
local function enqueue(queue, client, batch, ids)
  if #ids == 0 then
    return
  end
  redis.call('SET', queue.waiting, whole(count_waiting(queue) + #ids), 'PX', BATCHES_MS)
  for _, id in ipairs(ids) do
    push(PREFIX.BATCH_REQUESTS .. batch, id)
  end
  local batches = queue.client_batches .. client
  if redis.call('EXISTS', batches) == 0 then
    push(queue.clients, client)
  end
  push(batches, batch)
end

-- Removes and returns the request whose turn it is; nil if none waits, and an empty id if a list has expired.
-- After its turn a client goes to the end of its list, and so does the batch: clients have equal turns, and so have the
-- batches of one client.
local function next_in_turn(queue)
  local client = shared_call('LPOP', queue.clients)
  if not client then
    return queue == BATCH_REQUESTS_QUEUE and shared_call('LPOP', KEY.BATCH_QUEUE) or nil
  end
  local batches = queue.client_batches .. client
  local batch = shared_call('LPOP', batches) or ''
  local requests = PREFIX.BATCH_REQUESTS .. batch
  local id = shared_call('LPOP', requests)
  if redis.call('EXISTS', requests) == 1 then
    push(batches, batch)
  end
  if redis.call('EXISTS', batches) == 1 then
    push(queue.clients, client)
  end
  redis.call('SET', queue.waiting, whole(math.max(count_waiting(queue) - 1, 0)), 'PX', BATCHES_MS)
  return id or ''
end
