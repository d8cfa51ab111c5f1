-- Recognises a call that arrives twice, because its first reply was lost.
-- Keys:
--   repeated:{token}  string, REPEATED_MS: a call that was executed; KEYS[1] of every script

local function is_repeated()
  return redis.call('EXISTS', KEYS[1]) == 1
end

local function note_executed()
  redis.call('SET', KEYS[1], 1, 'PX', REPEATED_MS)
end
