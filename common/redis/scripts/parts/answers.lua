-- Requests that are done at once because there is a current result.
-- Requires: records
-- Keys:
--   answer:{hash}    hash, up to twice a record's time: question, question_key and result, which such requests share
--   prices:{ticker}  hash, until the next refresh is due: the pointer to a ticker's prices (version, last)
--   result:{...}     hash, RESULT_MS: a result's body and files

-- Writes a record that has its result at once. It is small: there may be thousands a minute.
local function write_answered(id, token, owner, question, question_key, result, kept_ms)
  local answer = string.sub(redis.sha1hex(question_key .. result), 1, 20)
  local key = PREFIX.ANSWER .. answer
  if redis.call('PTTL', key) < kept_ms then
    redis.call('HSET', key, 'question', question, 'question_key', question_key, 'result', result)
    -- Twice as long, so that most requests need not write it.
    redis.call('PEXPIRE', key, whole(2 * kept_ms))
  end
  remove_rest(id)
  redis.call('HSET', record_key(id), 'status', 'done', 'answer', answer, 'token', token)
  write_owner(id, owner)
  redis.call('PEXPIRE', record_key(id), whole(kept_ms))
end

-- Returns question, question key and result of a request that was done at once; nil for other requests.
local function answer_of(id)
  local answer = field(id, 'answer')
  local found = answer and redis.pcall('HMGET', PREFIX.ANSWER .. answer, 'question', 'question_key', 'result')
  if not found or found.err or not found[1] or not found[2] or not found[3] then
    return nil
  end
  return { question = found[1], question_key = found[2], result = found[3] }
end

-- Returns the key of the current result of a question, and extends its time to live; nil without usable prices or
-- without such a result. The rule for the day is that of counting_start in common/domain/markets/dates.py.
-- pointer_key: the pointer to the prices; before, after: the result's key around the version of the prices
-- before is empty for a question whose results are not reused, because they depend on more than these prices
-- stale_before: the first day on which a last close is not stale; least_ms: the least time for which the result is kept
local function current_result(pointer_key, before, after, today, stale_before, least_ms)
  if before == '' then
    return nil
  end
  local pointer = redis.pcall('HMGET', pointer_key, 'version', 'last')
  if pointer.err or not pointer[1] or not pointer[2] then
    return nil
  end
  local last = pointer[2]
  local counted_from = (last < stale_before or last > today) and last or today
  local result = before .. pointer[1] .. after .. counted_from
  local kept_ms = redis.call('PTTL', result)
  if kept_ms == -2 then -- there is no such key
    return nil
  end
  if kept_ms < least_ms then
    redis.call('PEXPIRE', result, whole(least_ms))
  end
  return result
end
