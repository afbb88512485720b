-- Writes facts to the ledger and joins them into their tasks, in order.
-- ARGV[4..6]  limits: quarantineEntries, quarantineBytes, ledgerEntries
-- ARGV[7..]   for each fact: its chain (facts of one chain may not overtake each other), its small fields and what it has learned on
--             its way (both JSON of strings, the second may be ''), the bare fact and its content as opaque JSON ('' for none)
-- Returns { answers, tasks, onward, laters }:
--   answers   for each fact { 'done', outcome, duplicate, changed, task id or '' } or { 'go', shard, what it learned } or { 'wait' }
--   tasks     { id, task, result, error } of every task that was looked at, as it stands now
--   onward    { shard, small, fact, content, entry, its shard, at, lastAt, copies } of quarantined facts on their way to their task
--   laters    { shard, act, ... } to be done in other shards, see tidy.lua
local LEARNED = { 'owner', 'ownerShard', 'ask', 'room', 'releasing', 'knownAs', 'entry', 'entryShard', 'at', 'lastAt', 'copies' }
local answers, blocked = {}, {}
for at = 7, #ARGV, 5 do
  local chain = ARGV[at]
  if blocked[chain] then
    answers[#answers + 1] = { 'wait' }
  else
    local fact = cjson.decode(ARGV[at + 1])
    fact.small, fact.bare, fact.content = ARGV[at + 1], ARGV[at + 3], ARGV[at + 4]
    if ARGV[at + 2] ~= '' then
      for name, value in pairs(cjson.decode(ARGV[at + 2])) do
        fact[name] = value
      end
    end
    local result = carry(fact)
    if result.to then
      blocked[chain] = true
      local learned = {}
      for _, name in ipairs(LEARNED) do
        learned[name] = fact[name]
      end
      learned.orphans = fact.orphans and #fact.orphans > 0 and fact.orphans or nil
      answers[#answers + 1] = { 'go', result.to, next(learned) and cjson.encode(learned) or '' }
    else
      answers[#answers + 1] = { 'done', result.outcome, result.duplicate, result.changed, result.id }
    end
  end
end

flush()
publish()
local tasks = {}
for _, task in pairs(loaded) do
  if task then
    tasks[#tasks + 1] = render(task)
  end
end
return { answers, tasks, onward, laters }
