-- Does what another shard left to do here. Each act may be lost or repeated without harm.
-- ARGV[4..5]  limits, not used
-- ARGV[6..]   for each act: its name (drop, unreserve, free), how many arguments it has, the arguments
-- Returns { done, laters }: how many quarantined entries went, and what is left to do in further shards.
local done, at = 0, 6
while at <= #ARGV do
  local act, count, given = ARGV[at], tonumber(ARGV[at + 1]), {}
  for index = 1, count do
    given[index] = ARGV[at + 1 + index]
  end
  done = done + acts[act](unpack(given))
  at = at + 2 + count
end
return { done, laters }
