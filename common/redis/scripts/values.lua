-- Numbers, and commands on keys that many requests share. It is put before each script.

-- Lua would write a large number as 1.7e+12.
local function whole(number)
  return string.format('%d', number)
end

-- A number out of a reply; nil where it is none that is exact.
local function number_of(value)
  local number = type(value) == 'string' and tonumber(value) or nil
  if number and number > -9e15 and number < 9e15 then
    return number
  end
  return nil
end

-- Runs a command on a key that others share; where it holds another type, it is written anew.
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
