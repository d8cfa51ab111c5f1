-- Returns which of several requests that were done still are, with the same result: after a loss of data an id may
-- belong to another question.
-- Requires: answers
-- ARGV: of each request: id, key of its result
-- Returns 1 or 0 for each.
local unchanged = {}
for i = 1, #ARGV, 2 do
  local id, result = ARGV[i], ARGV[i + 1]
  local answer = answer_of(id)
  local is_same = answer and answer.result == result or field(id, 'result') == result and field(id, 'status') == 'done'
  table.insert(unchanged, is_same and 1 or 0)
end
return unchanged
