-- The clock of all scripts: Redis's own, which never goes back. It is put before each of them.
-- Key: clock, a hash of the latest time that was given out (seen) and of the ms that are added to Redis's time (ahead).

local CLOCK_NOTED_EVERY_MS = 100
local CLOCK_KEPT_MS = 86400000
local clock_read

-- The ms since 1970 by Redis's clock. Where the machine's clock is set back, time goes on from where it was:
-- a deadline is not stretched by more than CLOCK_NOTED_EVERY_MS. One reading serves a whole script.
local function now_ms()
  if clock_read then
    return clock_read
  end
  local time = redis.call('TIME')
  local noted = redis.pcall('HMGET', 'clock', 'seen', 'ahead')
  local seen, ahead = number_of(noted[1]) or 0, number_of(noted[2]) or 0
  local now = time[1] * 1000 + math.floor(time[2] / 1000) + ahead
  if now < seen then
    now, ahead = seen, ahead + seen - now
  end
  if now ~= seen and now - seen < CLOCK_NOTED_EVERY_MS then
    clock_read = now
    return now
  end
  -- A Redis that is full or read-only refuses this; it must still answer those that read. Nothing else may be written then:
  -- after its first write a script may write on where Redis is full.
  local noted_now = redis.pcall('HSET', 'clock', 'seen', whole(now), 'ahead', whole(ahead))
  if type(noted_now) == 'number' then
    redis.call('PEXPIRE', 'clock', CLOCK_KEPT_MS)
  end
  clock_read = now
  return now
end
