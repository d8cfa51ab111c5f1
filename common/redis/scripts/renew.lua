-- Renews the leases of attempts that are still current.
-- ARGV: lease ms, then id and attempt by turns
-- Returns the ids that are lost to the caller.
local lease_ms = tonumber(ARGV[1])
local now = now_ms()
local lost = {}
for i = 2, #ARGV, 2 do
  local id = ARGV[i]
  local is_renewed = false
  each_by_itself(id, function()
    if is_damaged(id, now) then
      end_damaged(id, now)
    elseif is_current(id, tonumber(ARGV[i + 1])) and now < deadline_of(id) then
      lease(id, now, lease_ms)
      is_renewed = true
    end
  end)
  if not is_renewed then
    table.insert(lost, id)
  end
end
return lost
