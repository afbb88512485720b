-- Ends a piece of work, or one step of it.
-- ARGV[4]  the lease, see lease.lua
-- ARGV[5]  how: 'done', 'step', 'again' or 'dead'
-- ARGV[6]  for 'step' its name, for 'again' the ms until it is due again
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

local function end_step()
  effect.steps = effect.steps or {}
  for _, step in ipairs(effect.steps) do
    if step == ARGV[6] then
      return
    end
  end
  table.insert(effect.steps, ARGV[6])
  keep_effect(task, lease.kind, lease.number, effect, effect.state)
end

local function end_run()
  effect.ends, effect.leaseUntil, effect.claimId = effect.ends + 1, nil, nil
  if how == 'done' then
    effect.state, effect.doneAt = 'done', now
  else
    effect.lastError = ARGV[7] ~= '' and ARGV[7] or nil
    effect.state = how == 'dead' and 'dead' or 'due'
    effect.dueAt = how == 'again' and now + ARGV[6] or effect.dueAt
  end
  local again = how == 'done' and effect.again
  effect.again = not again and effect.again or nil
  keep_effect(task, lease.kind, lease.number, effect, 'running')
  if again then
    make_due(task, lease.kind, lease.number, effect)
  end
end

if not effect then
  end_check()
elseif how == 'step' then
  end_step()
else
  end_run()
end
flush()
publish()
return 1
