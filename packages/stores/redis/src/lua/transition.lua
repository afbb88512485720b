-- The state machine, exactly as `transition` in @tasklatch/core; a differential test compares the two.
local RANK = { submitting = 0, unclear = 1, pending = 2, running = 3, succeeded = 4, failed = 4, canceled = 4, expired = 4 }

local function next_check(task, fact)
  local held = task.nextCheckAt or task.deadlineAt
  if not fact.checkInMs then
    return held
  end
  local asked = math.min(now + fact.checkInMs, math.max(task.deadlineAt, now))
  if fact.trust == 'hint' or task.hinted then
    return math.min(held, asked)
  end
  return asked
end

local function outcome_of(task, fact, settles)
  if fact.trust == 'hint' then
    return 'hint'
  end
  if settles then
    return 'settled'
  end
  if not TERMINAL[task.status] or not fact.status or not TERMINAL[fact.status] or fact.status == 'expired' then
    return 'noted'
  end
  return task.status == fact.status and 'confirmed' or 'contradicted'
end

-- Joins `fact` into `task`. Returns the outcome, whether the visible task changed, and what became due: 'settled', 'progress' or nil.
local function transition(task, fact, foreign)
  local hint = fact.trust == 'hint'
  local other = task.externalId and fact.externalId and fact.externalId ~= task.externalId
  if foreign or (other and not (task.externalIdHinted and not hint)) then
    return 'foreign', false, nil
  end

  local held = TERMINAL[task.status]
  local said = not hint and fact.status or nil
  local settles = said and TERMINAL[said] and (not held or (task.status == 'expired' and said ~= 'expired')) or false
  local terminal = held or settles
  local status, progress = task.status, task.progress
  if settles then
    status = said
  elseif not held and said then
    status = RANK[said] > RANK[status] and said or status
    if fact.progress and (not progress or tonumber(fact.progress) > tonumber(progress)) then
      progress = fact.progress
    end
  end
  if terminal then
    progress = status == 'succeeded' and '100' or nil
  end
  local hinted = (not terminal and (task.hinted or hint)) and '1' or nil
  local externalId, idHinted = task.externalId, task.externalIdHinted
  if fact.externalId and (not externalId or (idHinted and not hint)) then
    externalId, idHinted = fact.externalId, hint and '1' or nil
  end

  local grew = status ~= task.status or progress ~= task.progress
  local changed = grew or settles or externalId ~= task.externalId or hinted ~= task.hinted
  local released = fact.notSent and fact.notSent == task.sendToken and status == 'submitting'
  local outcome = outcome_of(task, fact, settles)
  local nextCheckAt = next_check(task, fact)
  if terminal then
    nextCheckAt = nil
  elseif released then
    nextCheckAt = task.deadlineAt
  end

  task.status, task.progress, task.hinted, task.nextCheckAt = status, progress, hinted, nextCheckAt
  task.externalId, task.externalIdHinted = externalId, idHinted
  if settles then
    task.result, task.error, task.settledAt, task.verdicts = fact.result, fact.error, now, task.verdicts + 1
  end
  if released then
    task.sendToken = nil
  end
  if changed then
    task.version, task.updatedAt = task.version + 1, now
  end
  -- What the submit answer says, the app hears from `submit` itself.
  local due = settles and 'settled' or (grew and not terminal and fact.source ~= 'submit') and 'progress' or nil
  return outcome, changed, due
end
