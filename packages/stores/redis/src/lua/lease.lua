-- The piece of work a lease names. ARGV[4]: JSON of work, taskId, kind, number, fence.
local lease = cjson.decode(ARGV[4])

-- Returns the task, and the effect (nil for a check), if the lease is still held.
local function held_by()
  local task = load(lease.taskId)
  if not task then
    return nil
  end
  if lease.work == 'check' then
    return task.checkFence == lease.fence and task.checkUntil and task or nil
  end
  local effect = effect_of(task, lease.kind, lease.number)
  if effect and effect.fence == lease.fence and effect.state == 'running' then
    return task, effect
  end
  return nil
end
