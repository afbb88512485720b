-- Finds the newest tasks of some sorted sets.
-- ARGV[4]   created at this time or before, '+inf' for any
-- ARGV[5]   at most so many of each set, those created at that very time not counted
-- ARGV[6..] the sets
-- Returns task id, created at, task id, created at, …
local found = {}
for at = 6, #ARGV do
  local key, count = base .. ARGV[at], tonumber(ARGV[5])
  if ARGV[4] ~= '+inf' then
    count = count + redis.call('ZCOUNT', key, ARGV[4], ARGV[4])
  end
  for _, value in ipairs(redis.call('ZREVRANGEBYSCORE', key, ARGV[4], '-inf', 'WITHSCORES', 'LIMIT', 0, count)) do
    found[#found + 1] = value
  end
end
return found
