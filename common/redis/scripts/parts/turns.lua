-- The turns of clients and of their batches.
-- Requires: values
-- Keys (all expire after BATCHES_MS):
--   batch_clients            list: the clients with waiting batches
--   client_batches:{client}  list: the batches of one client
--   batch_requests:{batch}   list: the waiting requests of one batch
--   batch_waiting            string: the number of waiting requests
--   batch_queue              list: waiting requests that a web server of an older version accepted

-- Appends to a list that expires.
local function push(list, value)
  shared_call('RPUSH', list, value)
  redis.call('PEXPIRE', list, BATCHES_MS)
end

-- Returns the number of requests of batches that wait for their turn.
local function count_waiting()
  if redis.call('EXISTS', KEY.BATCH_CLIENTS) == 0 then
    return 0
  end
  return math.max(counted_at(KEY.BATCH_WAITING), 0)
end

-- Appends the requests of a batch to the queues from which next_in_turn takes them.
local function enqueue_batch(client, batch, ids)
  if #ids == 0 then
    return
  end
  redis.call('SET', KEY.BATCH_WAITING, whole(count_waiting() + #ids), 'PX', BATCHES_MS)
  for _, id in ipairs(ids) do
    push(PREFIX.BATCH_REQUESTS .. batch, id)
  end
  local batches = PREFIX.CLIENT_BATCHES .. client
  if redis.call('EXISTS', batches) == 0 then
    push(KEY.BATCH_CLIENTS, client)
  end
  push(batches, batch)
end

-- Removes and returns the request whose turn it is; nil if none waits, and an empty id if a list has expired.
-- After its turn a client goes to the end of its list, and so does the batch: clients have equal turns, and so have the
-- batches of one client.
local function next_in_turn()
  local client = shared_call('LPOP', KEY.BATCH_CLIENTS)
  if not client then
    return shared_call('LPOP', KEY.BATCH_QUEUE) or nil
  end
  local batches = PREFIX.CLIENT_BATCHES .. client
  local batch = shared_call('LPOP', batches) or ''
  local requests = PREFIX.BATCH_REQUESTS .. batch
  local id = shared_call('LPOP', requests)
  if redis.call('EXISTS', requests) == 1 then
    push(batches, batch)
  end
  if redis.call('EXISTS', batches) == 1 then
    push(KEY.BATCH_CLIENTS, client)
  end
  redis.call('SET', KEY.BATCH_WAITING, whole(math.max(count_waiting() - 1, 0)), 'PX', BATCHES_MS)
  return id or ''
end
