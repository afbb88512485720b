-- Deletes what is past its time, oldest first.
-- ARGV[4..5]  limits, not used
-- ARGV[6..9]  settledForMs, abandonedForMs, quarantinedForMs, contentForMs
-- ARGV[10..12] at most so many tasks, quarantined entries, and tasks whose ledger loses its contents
-- ARGV[13]    '1': only look
-- Returns { gone, laters }: how many of all these went; laters as record.lua returns them. When only looking: the times of the oldest
-- tasks that would go, as many as asked for, those of the quarantined entries, and those of the tasks that would lose contents.
local gone = 0
local settled, abandoned, quarantined, spoken = now - ARGV[6], now - ARGV[7], now - ARGV[8], now - ARGV[9]
-- Goes over so many ledger entries in one script, for their contents; the last task is done to its end.
local CONTENTS = 2000

-- Effects of a task that are due or running.
local function undone_effects(task)
  local effects = {}
  if task['effects:due'] + task['effects:running'] > 0 then
    for _, field in ipairs(redis.call('HKEYS', task_key(task.id))) do
      local kind, number = string.match(field, '^e:(%S+):(%d+)$')
      local effect = kind and effect_of(task, kind, number)
      if effect and (effect.state == 'due' or effect.state == 'running') then
        local queue = 'due:' .. kind .. ':' .. task.provider
        effects[#effects + 1] = { queue = queue, piece = number .. ':' .. task.id, effect = effect }
      end
    end
  end
  return effects
end

local function leased(task)
  if task.checkUntil and task.checkUntil > now then
    return true
  end
  for _, undone in ipairs(undone_effects(task)) do
    if undone.effect.state == 'running' and undone.effect.leaseUntil > now then
      return true
    end
  end
  return false
end

local function purge_task(task)
  for _, undone in ipairs(undone_effects(task)) do
    redis.call('ZREM', base .. undone.queue, undone.piece)
  end
  forget(task)
  if task.externalId then
    later(task.externalIdShard, 'free', task.provider, task.externalId, task.id)
  end
end

-- The oldest of a set that stood there before `cut`; those that are leased are passed over.
local function oldest(place, cut, limit)
  local old, offset = {}, 0
  repeat
    local found = redis.call('ZRANGEBYSCORE', base .. place, '-inf', '(' .. int(cut), 'WITHSCORES', 'LIMIT', offset, 100)
    for at = 1, #found, 2 do
      if #old < limit and not leased(load(found[at])) then
        old[#old + 1] = { id = found[at], at = tonumber(found[at + 1]) }
      end
    end
    offset = offset + 100
  until #found < 200 or #old >= limit
  return old
end

local function old_tasks(limit)
  local old = oldest('settled:done', math.max(settled, abandoned), limit)
  for _, one in ipairs(oldest('settled:undone', abandoned, limit)) do
    old[#old + 1] = one
  end
  table.sort(old, function(a, b)
    return a.at < b.at
  end)
  for at = #old, limit + 1, -1 do
    old[at] = nil
  end
  return old
end

local function old_entries(limit)
  local old = {}
  for _, n in ipairs(limit > 0 and redis.call('ZRANGE', base .. 'q:all', 0, limit - 1) or {}) do
    local at = tonumber(redis.call('HGET', base .. 'q:' .. n, 'at'))
    if at >= quarantined then
      break
    end
    old[#old + 1] = { id = n, at = at }
  end
  return old
end

-- Those that stay, and have contents.
local function old_contents(limit, going)
  local old, goes = {}, {}
  for _, one in ipairs(going) do
    goes[one.id] = true
  end
  local most = limit > 0 and limit + #going or 0
  local found = redis.call('ZRANGEBYSCORE', base .. 'settled:content', '-inf', '(' .. int(spoken), 'WITHSCORES', 'LIMIT', 0, most)
  for at = 1, #found, 2 do
    if #old < limit and not goes[found[at]] then
      old[#old + 1] = { id = found[at], at = tonumber(found[at + 1]) }
    end
  end
  return old
end

-- Returns how many ledger entries it went over.
local function purge_contents(task)
  local fields = {}
  for seq = task.contentFrom, task.seq do
    fields[#fields + 1] = 'c:' .. int(seq)
  end
  for at = 1, #fields, 1000 do
    redis.call('HDEL', task_key(task.id), unpack(fields, at, math.min(at + 999, #fields)))
  end
  task.contentFrom = nil
  dirty[task.id] = true
  return #fields
end

local tasks, entries = old_tasks(tonumber(ARGV[10])), old_entries(tonumber(ARGV[11]))
local contents = old_contents(tonumber(ARGV[12]), tasks)
if ARGV[13] == '1' then
  local times = { {}, {}, {} }
  for which, old in ipairs({ tasks, entries, contents }) do
    for at, one in ipairs(old) do
      times[which][at] = int(one.at)
    end
  end
  return times
end

for _, one in ipairs(tasks) do
  purge_task(load(one.id))
  gone = gone + 1
end
for _, one in ipairs(entries) do
  gone = gone + acts.drop(one.id)
end
local passed = 0
for _, one in ipairs(contents) do
  if passed < CONTENTS then
    passed = passed + purge_contents(load(one.id))
    gone = gone + 1
  end
end
flush()

-- Room that was taken for an entry which never came, because a process died in between.
for _, provider in ipairs(redis.call('SMEMBERS', base .. 'q:providers')) do
  local room = base .. 'q:room:' .. provider
  for _, identity in ipairs(redis.call('ZRANGEBYSCORE', room, '-inf', '(' .. int(quarantined), 'LIMIT', 0, 100)) do
    acts.unreserve(provider, identity)
  end
end
return { gone, laters }
