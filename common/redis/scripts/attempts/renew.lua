-- Renews the leases of attempts that are current.
-- Requires: ends, clock
-- ARGV: lease ms; then of each attempt: id, number
-- Returns the ids whose attempt is not current.
local lease_ms = tonumber(ARGV[1])
local now = now_ms()
local lost = {}
for i = 2, #ARGV, 2 do
  local id, attempt = ARGV[i], tonumber(ARGV[i + 1])
  local is_renewed = false
  each_by_itself(id, function()
    if is_damaged(id, now) then
      end_damaged(id, now)
    elseif is_current(id, attempt) and now < deadline_of(id) then
      lease(id, now, lease_ms)
      is_renewed = true
    end
  end)
  if not is_renewed then
    table.insert(lost, id)
  end
end
return lost
