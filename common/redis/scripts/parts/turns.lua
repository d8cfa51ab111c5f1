-- Queues of requests that wait for their turn: those of batches, and those of long work.
-- Requires: values
-- Keys (all expire after BATCHES_MS). A request of long work is a batch of its own here, with its turn as the id:
--   batch_clients, long_clients                  list: the clients with waiting batches
--   client_batches:{client}, client_long:{client} list: the batches of one client
--   batch_requests:{batch}, long_requests:{turn}  list: the waiting requests of one batch; the one request of a turn
--   batch_waiting, long_waiting                  string: the number of waiting requests
--   batch_queue                                  list: waiting requests that a web server of an older version accepted
--   batched, long_begun                          sorted set: the requests that have begun, by their deadlines

local BATCH_REQUESTS_QUEUE = {
  clients = KEY.BATCH_CLIENTS,
  client_batches = PREFIX.CLIENT_BATCHES,
  requests = PREFIX.BATCH_REQUESTS,
  waiting = KEY.BATCH_WAITING,
  begun = KEY.BATCHED,
}
local LONG_QUEUE = {
  clients = KEY.LONG_CLIENTS,
  client_batches = PREFIX.CLIENT_LONG,
  requests = PREFIX.LONG_REQUESTS,
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

-- Adds to the number of waiting requests.
local function add_waiting(queue, requests)
  redis.call('SET', queue.waiting, whole(math.max(count_waiting(queue) + requests, 0)), 'PX', BATCHES_MS)
end

-- Appends the requests of a batch to a queue, from which next_in_turn takes them.
local function enqueue(queue, client, batch, ids)
  if #ids == 0 then
    return
  end
  add_waiting(queue, #ids)
  for _, id in ipairs(ids) do
    push(queue.requests .. batch, id)
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
  local batch, id
  repeat
    batch = shared_call('LPOP', batches)
    id = batch and shared_call('LPOP', queue.requests .. batch)
  until id or not batch -- a batch without requests, such as a cancelled one, costs no turn
  if batch and redis.call('EXISTS', queue.requests .. batch) == 1 then
    push(batches, batch)
  end
  if redis.call('EXISTS', batches) == 1 then
    push(queue.clients, client)
  end
  if id then
    add_waiting(queue, -1)
  end
  return id or ''
end

-- Returns the number of waiting requests of long work of a client, and removes the turns of those that have ended.
local function count_waiting_of(client)
  local turns = LONG_QUEUE.client_batches .. client
  for _, turn in ipairs(shared_call('LRANGE', turns, 0, -1)) do
    if redis.call('EXISTS', LONG_QUEUE.requests .. turn) == 0 then
      redis.call('LREM', turns, 1, turn)
    end
  end
  local waiting = redis.call('LLEN', turns)
  if waiting == 0 then
    shared_call('LREM', LONG_QUEUE.clients, 0, client) -- else enqueue would give it a second turn
  end
  return waiting
end

-- Removes the request of long work that waits for a turn; returns whether there was one.
local function withdraw(turn)
  if redis.call('DEL', LONG_QUEUE.requests .. turn) == 0 then
    return false
  end
  add_waiting(LONG_QUEUE, -1)
  return true
end

-- Lets a request of long work wait for a turn from which another one was withdrawn.
local function take_turn(turn, id)
  add_waiting(LONG_QUEUE, 1)
  push(LONG_QUEUE.requests .. turn, id)
end
