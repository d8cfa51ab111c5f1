-- Which of several requests have ended, or are no longer kept; those whose deadline has passed are ended first.
-- ARGV: ids
-- Returns {id, record as read.lua returns it} of each; of one that is no longer kept its id alone.
local now = now_ms()
local ended = {}
for _, id in ipairs(ARGV) do
  each_by_itself(id, function()
    end_if_late(id, now)
    end_if_abandoned(id, now)
    if not is_under_way(id) then
      table.insert(ended, { id, seen(id, now) })
    end
  end)
end
return ended
