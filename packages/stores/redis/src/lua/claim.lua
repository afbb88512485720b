-- Takes due work, or gives a claim that is repeated what it holds already.
-- ARGV[4]  JSON: work ('check' or 'effect'), claimId, leaseMs, from ([provider, limit, kinds]), look (true: take nothing new)
-- Returns { leases, tasks, due }: leases { task id, kind or 'check', number, fence, starts, ends, overdue, ledger entry's meta, its
-- fact, its content } (entry '' but for effects of the cause fact); tasks as record.lua returns them; due, when only
-- looking: for each of `from` the times of the oldest due pieces, as many as its limit.
local want = cjson.decode(ARGV[4])
local memory = base .. 'claim:' .. want.work .. ':' .. want.claimId
local leases, pieces = {}, {}

local function give_check(task)
  leases[#leases + 1] = {
    task.id, 'check', '0', int(task.checkFence), int(task.checkStarts), '0', task.deadlineAt <= now and '1' or '0', '', '', '',
  }
end

local function give_effect(task, kind, number, effect)
  local meta, fact, content = '', '', ''
  if cause_of(kind) == 'fact' then
    local entry = redis.call('HMGET', task_key(task.id), 'f:' .. number, 'c:' .. number)
    fact, content = entry[1], entry[2] or ''
    meta = redis.call('HGET', task_key(task.id), 'm:' .. string.match(fact, '^([^\n]*)\n'))
  end
  leases[#leases + 1] = {
    task.id, kind, number, int(effect.fence), int(effect.starts), int(effect.ends), '0', meta, fact, content,
  }
end

local function held()
  for _, piece in ipairs(redis.call('LRANGE', memory, 0, -1)) do
    local kind, number, id = string.match(piece, '^(%S+) (%d+) (.*)$')
    local task = load(id)
    if task and kind == 'check' then
      if task.checkClaim == want.claimId and task.checkUntil and task.checkUntil > now then
        give_check(task)
      end
    elseif task then
      local effect = effect_of(task, kind, number)
      if effect and effect.claimId == want.claimId and effect.state == 'running' and effect.leaseUntil > now then
        give_effect(task, kind, number, effect)
      end
    end
  end
end

-- The oldest pieces of a provider that are due, over the kinds.
local function due_pieces(provider, limit, kinds)
  local due = {}
  for _, kind in ipairs(kinds) do
    local queue = base .. (want.work == 'check' and '' or 'due:') .. kind .. ':' .. provider
    local found = redis.call('ZRANGEBYSCORE', queue, '-inf', int(now), 'WITHSCORES', 'LIMIT', 0, limit)
    for at = 1, #found, 2 do
      due[#due + 1] = { at = tonumber(found[at + 1]), order = #due, queue = queue, kind = kind, member = found[at] }
    end
  end
  table.sort(due, function(a, b)
    if a.at ~= b.at then
      return a.at < b.at
    end
    return a.order < b.order
  end)
  for at = #due, limit + 1, -1 do
    due[at] = nil
  end
  return due
end

local function claim_checks(due)
  for _, piece in ipairs(due) do
    local id = piece.member
    local task = load(id)
    if task then
      local ends = now + want.leaseMs
      task.checkFence, task.checkStarts, task.checkClaim = task.checkFence + 1, task.checkStarts + 1, want.claimId
      task.checkUntil, task.nextCheckAt = ends, ends
      dirty[id] = true
      give_check(task)
      pieces[#pieces + 1] = 'check 0 ' .. id
    else
      redis.call('ZREM', piece.queue, id)
    end
  end
end

local function claim_effects(due)
  for _, piece in ipairs(due) do
    local number, id = string.match(piece.member, '^(%d+):(.*)$')
    local task = load(id)
    local effect = task and effect_of(task, piece.kind, number)
    if effect then
      local state = effect.state
      effect.state, effect.fence, effect.claimId = 'running', effect.fence + 1, want.claimId
      effect.leaseUntil, effect.starts, effect.runs = now + want.leaseMs, effect.starts + 1, effect.runs + 1
      keep_effect(task, piece.kind, number, effect, state)
      give_effect(task, piece.kind, number, effect)
      pieces[#pieces + 1] = piece.kind .. ' ' .. number .. ' ' .. id
    else
      redis.call('ZREM', piece.queue, piece.member)
    end
  end
end

local function look()
  local found = {}
  for order, one in ipairs(want.from) do
    found[order] = {}
    for at, piece in ipairs(due_pieces(unpack(one))) do
      found[order][at] = int(piece.at)
    end
  end
  return found
end

local function reply()
  flush()
  publish()
  local tasks, given = {}, {}
  for _, lease in ipairs(leases) do
    if not given[lease[1]] then
      given[lease[1]] = true
      tasks[#tasks + 1] = render(loaded[lease[1]])
    end
  end
  return { leases, tasks, want.look and look() or {} }
end

held()
if #leases > 0 or want.look then
  return reply()
end
for _, one in ipairs(want.from) do
  if want.work == 'check' then
    claim_checks(due_pieces(unpack(one)))
  else
    claim_effects(due_pieces(unpack(one)))
  end
end
if #pieces > 0 then
  redis.call('DEL', memory)
  for at = 1, #pieces, 1000 do
    redis.call('RPUSH', memory, unpack(pieces, at, math.min(at + 999, #pieces)))
  end
  redis.call('PEXPIRE', memory, int(want.leaseMs + 1000))
end
return reply()
