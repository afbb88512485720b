-- The beginning of every script.
-- KEYS[1]  the hash tag of one shard, such as {tasklatch:0}. It is no key itself: every key a script touches begins with it and so
--          lies in the same slot of a Redis Cluster.
-- ARGV[1]  the number of the shard
-- ARGV[2]  the channel for wake-ups
-- ARGV[3]  '1': write something even when nothing changes, so that waiting for this script's writes means something
-- Strings come in with their control characters, quotes, backslashes and lone surrogates escaped as in JSON, so a line break
-- is a safe separator. JSON of users (facts, results, errors) is never decoded here.
local base = KEYS[1] .. ':'
local here = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Lua would write large numbers as 1.7e+15.
local function int(number)
  return string.format('%.0f', number)
end

-- cjson keeps 14 digits: enough for the time until the year 5138, but a deadline may be said to be further away.
local TIMES = { 'deadlineAt', 'nextCheckAt', 'checkUntil', 'dueAt', 'leaseUntil' }

-- Tables of strings and whole numbers only; cjson would take an empty list for an object.
local function encode(record)
  local far = {}
  for _, name in ipairs(TIMES) do
    if record[name] and record[name] >= 1e14 then
      far[name] = record[name]
      record[name] = int(record[name])
    end
  end
  local json = cjson.encode(record)
  for name, time in pairs(far) do
    record[name] = time
  end
  return json
end

local function decode(json)
  local record = cjson.decode(json)
  for _, name in ipairs(TIMES) do
    if type(record[name]) == 'string' then
      record[name] = tonumber(record[name])
    end
  end
  return record
end

local wakes = {}
local function wake(what, id)
  wakes[#wakes + 1] = what .. ':' .. id
end

local function publish()
  if #wakes > 0 then
    -- A user without the right to this channel loses wake-ups, nothing else.
    redis.pcall('PUBLISH', ARGV[2], table.concat(wakes, '\n'))
  end
end

if ARGV[3] == '1' then
  redis.call('SET', base .. 'touched', int(now))
end
