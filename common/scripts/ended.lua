-- Which of several requests have ended, or are no longer kept; those whose deadline has passed are ended first.
-- ARGV: ids
-- Returns their ids.
local now = now_ms()
local ended = {}
for _, id in ipairs(ARGV) do
  end_if_late(id, now)
  end_if_abandoned(id, now)
  if not is_under_way(id) then
    table.insert(ended, id)
  end
end
return ended
