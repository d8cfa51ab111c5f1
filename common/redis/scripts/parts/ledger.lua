-- The outbox of the track record.
-- Requires: values
-- Keys:
--   ledger_outbox  sorted set, without expiry: entries that wait for the SQL store, by the ms at which each was written

-- Adds an entry, unless it waits already; returns whether there was room for it.
local function add_ledger_entry(entry, now)
  if shared_call('ZSCORE', KEY.LEDGER_OUTBOX, entry) then
    return true
  elseif shared_call('ZCARD', KEY.LEDGER_OUTBOX) >= MOST_LEDGER_ENTRIES then
    return false
  end
  shared_call('ZADD', KEY.LEDGER_OUTBOX, whole(now), entry)
  return true
end
