-- Returns which of several requests that were done still are, with the same result, owner and sharing: after a loss of data an id may
-- belong to another question.
-- Requires: answers
-- ARGV: of each request: id, key of its result, owner, '1' if it is shared
-- Returns 1 or 0 for each.
local unchanged = {}
for i = 1, #ARGV, 4 do
  local id, result, owner, shared = unpack(ARGV, i, i + 3)
  local fields = redis.pcall('HMGET', record_key(id), 'status', 'result', 'owner', 'shared')
  local answer = answer_of(id)
  local is_same = answer and answer.result == result or fields[2] == result and fields[1] == 'done'
  is_same = is_same and (fields[3] or '') == owner and (fields[4] or '') == shared
  table.insert(unchanged, is_same and 1 or 0)
end
return unchanged
