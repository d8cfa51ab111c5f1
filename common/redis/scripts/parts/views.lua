-- Records in the format for readers.
-- Requires: ends, answers

-- Ends a request that is past its deadline or abandoned, and returns its record; nil if there is none.
-- The record: {question, status, error, result, ms until the deadline, attempt, ms that the record is kept, owner, '1' if
-- it is shared, the fraction of the work that is done, its present step}. An empty question is one that was lost.
local function seen(id, now)
  end_if_late(id, now)
  end_if_abandoned(id, now)
  local fields = redis.pcall('HMGET', record_key(id), 'question', 'status', 'error', 'result', 'leader', 'owner',
    'shared', 'progress', 'step')
  if fields.err or not fields[2] then
    return nil
  end
  local kept_ms = redis.call('PTTL', record_key(id))
  local owner, shared = fields[6] or '', fields[7] or ''
  local answer = answer_of(id)
  if answer then
    return { answer.question, fields[2], '', answer.result, 0, 0, kept_ms, owner, shared, '', '' }
  elseif field(id, 'answer') then
    return nil
  end
  local status, progress, step = fields[2], fields[8] or '', fields[9] or ''
  -- A follower shows its leader's progress.
  local leader = fields[5]
  if leader and is_under_way(leader) then
    status, progress, step = field(leader, 'status'), field(leader, 'progress') or '', field(leader, 'step') or ''
  end
  local left_ms = math.max((deadline_of(id) or now) - now, 0)
  local error, result, attempt = fields[3] or '', fields[4] or '', attempt_of(id) or 0
  return { fields[1] or '', status, error, result, left_ms, attempt, kept_ms, owner, shared, progress, step }
end
