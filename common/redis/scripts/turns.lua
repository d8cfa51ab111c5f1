-- The turns of clients and of their batches. It is put before each script.
-- Keys: batch_clients, list: the clients with waiting batches; client_batches:{client}, list: the batches of one client;
--       batch_requests:{batch}, list: the waiting requests of one batch; batch_waiting, string: how many wait in all

-- No deadline of a batch is further away.
local BATCHES_MS = 7200000

-- Appends to a list that expires.
local function push(list, value)
  shared_call('RPUSH', list, value)
  redis.call('PEXPIRE', list, BATCHES_MS)
end

-- The number of requests of batches that wait for their turn.
local function count_waiting()
  if redis.call('EXISTS', 'batch_clients') == 0 then
    return 0
  end
  return math.max(counted_at('batch_waiting'), 0)
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

-- Takes the request whose turn it is, or nil where none waits. After its turn a client goes to the end of its list, and
-- so does the batch: clients have equal turns, and so have the batches of one client. The id is empty where a list
-- expired.
local function next_in_turn()
  local client = shared_call('LPOP', 'batch_clients')
  if not client then
    -- A web server of the previous version adds to this list during an upgrade.
    return shared_call('LPOP', 'batch_queue') or nil
  end
  local batches = 'client_batches:' .. client
  local batch = shared_call('LPOP', batches) or ''
  local requests = 'batch_requests:' .. batch
  local id = shared_call('LPOP', requests)
  if redis.call('EXISTS', requests) == 1 then
    push(batches, batch)
  end
  if redis.call('EXISTS', batches) == 1 then
    push('batch_clients', client)
  end
  redis.call('SET', 'batch_waiting', whole(math.max(count_waiting() - 1, 0)), 'PX', BATCHES_MS)
  return id or ''
end
