-- Moves the end of a lease.
-- ARGV[4]  the lease, see lease.lua
-- ARGV[5]  how many ms from now
-- Returns 1, or 0 when the lease was lost.
local task, effect = held_by()
if not task then
  return 0
end
local ends = now + ARGV[5]
local claimId
if effect then
  effect.leaseUntil = ends
  keep_effect(task, lease.kind, lease.number, effect, effect.state)
  claimId = effect.claimId
else
  if task.nextCheckAt == task.checkUntil then
    task.nextCheckAt = ends
  end
  task.checkUntil = ends
  dirty[task.id] = true
  claimId = task.checkClaim
end
flush()
local memory, ms = base .. 'claim:' .. lease.work .. ':' .. claimId, ARGV[5] + 1000
if redis.call('PTTL', memory) < ms then
  redis.call('PEXPIRE', memory, int(ms))
end
return 1
