-- The clock of all scripts: Redis's time, which never goes back.
-- Requires: values
-- Keys:
--   clock  hash, CLOCK_KEPT_MS: the latest time that a script used (seen); the ms added to Redis's time (ahead)

local clock_read

-- Returns the ms since 1970. After a step back of the machine's clock, time continues from its latest value: a deadline
-- is extended by at most CLOCK_NOTED_EVERY_MS. A script reads the clock once.
local function now_ms()
  if clock_read then
    return clock_read
  end
  local time = redis.call('TIME')
  local noted = redis.pcall('HMGET', KEY.CLOCK, 'seen', 'ahead')
  local seen, ahead = number_of(noted[1]) or 0, number_of(noted[2]) or 0
  local now = time[1] * 1000 + math.floor(time[2] / 1000) + ahead
  if now < seen then
    now, ahead = seen, ahead + seen - now
  end
  if now ~= seen and now - seen < CLOCK_NOTED_EVERY_MS then
    clock_read = now
    return now
  end
  -- A full or read-only Redis refuses this write, and must still allow reads. Nothing else may be written here: after
  -- its first successful write, a script may continue to write in a full Redis.
  local noted_now = redis.pcall('HSET', KEY.CLOCK, 'seen', whole(now), 'ahead', whole(ahead))
  if type(noted_now) == 'number' then
    redis.call('PEXPIRE', KEY.CLOCK, CLOCK_KEPT_MS)
  end
  clock_read = now
  return now
end
