-- Ends a piece of work.
-- ARGV[4]  the lease, see lease.lua
-- ARGV[5]  how: 'done', 'split', 'again' or 'dead'
-- ARGV[6]  for 'split' the kinds, with a space between, for 'again' the ms until it is due again
-- ARGV[7]  for 'again' and 'dead': the error's code, '' for none
-- Returns 1, or 0 when the lease was lost and nothing changed.
local task, effect = held_by()
if not task then
  return 0
end
local how = ARGV[5]

local function end_check()
  local asked = task.nextCheckAt ~= task.checkUntil
  task.checkUntil, task.checkClaim = nil, nil
  dirty[task.id] = true
  if not task.nextCheckAt or (asked and how == 'again') then
    return
  end
  if how == 'done' then
    task.nextCheckAt = math.max(task.deadlineAt, now)
  elseif task.deadlineAt > now then
    task.nextCheckAt = math.min(now + ARGV[6], task.deadlineAt)
  else
    task.nextCheckAt = now + ARGV[6]
  end
end

local function end_run()
  local done = how == 'done' or how == 'split'
  effect.ends, effect.leaseUntil, effect.claimId = effect.ends + 1, nil, nil
  if done then
    effect.state, effect.doneAt = 'done', now
  else
    effect.lastError = ARGV[7] ~= '' and ARGV[7] or nil
    effect.state = how == 'dead' and 'dead' or 'due'
    effect.dueAt = how == 'again' and now + ARGV[6] or effect.dueAt
  end
  local again = done and effect.again
  effect.again = not again and effect.again or nil
  keep_effect(task, lease.kind, lease.number, effect, 'running')
  if again then
    make_due(task, lease.kind, lease.number, effect)
  end
end

-- The effect `progress` knows all its parts, as `end_progress` has to find them.
local function keep_parts(parts)
  local progress = effect_of(task, 'progress', lease.number)
  progress.parts = progress.parts or ''
  for _, kind in ipairs(parts) do
    if not string.find(progress.parts .. ' ', ' ' .. kind .. ' ', 1, true) then
      progress.parts = progress.parts .. ' ' .. kind
    end
  end
  redis.call('HSET', task_key(task.id), 'e:progress:' .. lease.number, encode(progress))
end

local function make_parts_due()
  local parts = {}
  for kind in string.gmatch(ARGV[6], '%S+') do
    parts[#parts + 1] = kind
    make_due(task, kind, lease.number)
  end
  if cause_of(lease.kind) == 'progress' then
    keep_parts(parts)
  end
end

if effect then
  end_run()
  if how == 'split' then
    make_parts_due()
  end
else
  end_check()
end
flush()
publish()
return 1
