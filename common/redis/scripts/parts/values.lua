-- Numbers, and commands on keys that many requests share.

-- Formats an integer; Lua itself writes a large one as 1.7e+12.
local function whole(number)
  return string.format('%d', number)
end

-- Returns the number in a reply; nil if it is not an exact number.
local function number_of(value)
  local number = type(value) == 'string' and tonumber(value) or nil
  if number and number > -9e15 and number < 9e15 then
    return number
  end
  return nil
end

-- Returns the value of a counter; 0 if there is none, or if the key has another value.
local function counted_at(key)
  return number_of(redis.pcall('GET', key)) or 0
end

-- Runs a command on a shared key. A key of another type is removed first.
local function shared_call(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if type(reply) ~= 'table' or not reply.err then
    return reply
  end
  if string.find(reply.err, 'WRONGTYPE', 1, true) then
    redis.call('DEL', key)
  end
  return redis.call(command, key, ...)
end
