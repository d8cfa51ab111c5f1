-- Returns which of several requests have ended or are no longer kept; those past their deadline are ended first.
-- Requires: views, clock
-- ARGV: ids
-- Returns {id, record as in views.lua} of each; {id} of one that is no longer kept.
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
