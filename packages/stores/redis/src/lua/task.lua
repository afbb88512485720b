-- Tasks and their effects. One hash holds all of a task: `task` (its fields and our book-keeping, as JSON), `result` and `error`
-- (opaque JSON), `m:<key>`, `f:<seq>` and `c:<seq>` (ledger: when and how often, the bare fact, its content if it has any),
-- `e:<kind>:<number>` (effects). A kind is a cause, or cause, colon and a name; it has no space.
local TERMINAL = { succeeded = true, failed = true, canceled = true, expired = true }
local UNDONE = { 'due', 'running', 'dead' }

local loaded, before, dirty = {}, {}, {}

local function task_key(id)
  return base .. 'task:' .. id
end

-- When its check may be claimed; nil for a task that is not checked any more.
local function check_time(task)
  return task.nextCheckAt and math.max(task.nextCheckAt, task.checkUntil or 0)
end

local function settled_place(task)
  if not TERMINAL[task.status] then
    return nil
  end
  for _, state in ipairs(UNDONE) do
    if task['effects:' .. state] > 0 then
      return 'settled:undone'
    end
  end
  return 'settled:done'
end

-- When it settled, if its ledger has contents: its place among those whose contents can be purged.
local function content_time(task)
  return task.contentFrom and task.settledAt or nil
end

local function load(id)
  if loaded[id] ~= nil then
    return loaded[id] or nil
  end
  local raw = redis.call('HMGET', task_key(id), 'task', 'result', 'error')
  if not raw[1] then
    loaded[id] = false
    return nil
  end
  local task = decode(raw[1])
  local old = { json = raw[1], status = task.status, version = task.version, verdicts = task.verdicts }
  old.check, old.settled, old.settledAt = check_time(task), settled_place(task), task.settledAt
  old.content = content_time(task)
  for _, state in ipairs(UNDONE) do
    old[state] = task['effects:' .. state] > 0
  end
  before[id] = old
  task.result = raw[2] or nil
  task.error = raw[3] or nil
  loaded[id] = task
  return task
end

local function insert(task)
  for _, name in ipairs({ 'seq', 'dropped', 'checkFence', 'checkStarts' }) do
    task[name] = 0
  end
  for _, state in ipairs({ 'due', 'running', 'done', 'dead' }) do
    task['effects:' .. state] = 0
  end
  loaded[task.id] = task
  before[task.id] = { verdicts = task.verdicts, due = false, running = false, dead = false }
  dirty[task.id] = true
  return task
end

local function place(set, score, id)
  if score then
    redis.call('ZADD', base .. set, int(score), id)
  else
    redis.call('ZREM', base .. set, id)
  end
end

-- The sorted sets a task stands in, after it has changed.
local function write_places(task, old)
  local id = task.id
  if task.status ~= old.status then
    if old.status then
      place('status:' .. old.status, nil, id)
    elseif task.owner then
      place('owner:' .. task.owner, task.createdAt, id)
    end
    place('status:' .. task.status, task.createdAt, id)
  end
  local check = check_time(task)
  if check ~= old.check then
    place('check:' .. task.provider, check, id)
    if check and check <= now then
      wake('check', id)
    end
  end
  local settled = settled_place(task)
  if settled ~= old.settled or task.settledAt ~= old.settledAt then
    if old.settled and old.settled ~= settled then
      place(old.settled, nil, id)
    end
    place(settled, task.settledAt, id)
  end
  local content = content_time(task)
  if content ~= old.content then
    place('settled:content', content, id)
  end
  for _, state in ipairs(UNDONE) do
    local has = task['effects:' .. state] > 0
    if has ~= old[state] then
      place('effect:' .. state, has and task.createdAt or nil, id)
    end
  end
end

-- Writes what changed. Called once, at the end of a script.
local function flush()
  for id in pairs(dirty) do
    local task, old = loaded[id], before[id]
    local result, problem = task.result, task.error
    task.result, task.error = nil, nil
    old.json = encode(task)
    task.result, task.error = result, problem
    redis.call('HSET', task_key(id), 'task', old.json)
    if old.verdicts ~= task.verdicts then
      for name, value in pairs({ result = result or false, error = problem or false }) do
        if value then
          redis.call('HSET', task_key(id), name, value)
        else
          redis.call('HDEL', task_key(id), name)
        end
      end
    end
    write_places(task, old)
    if old.version ~= task.version then
      wake('task', id)
    end
  end
end

-- Deletes a task and its places.
local function forget(task)
  place('status:' .. task.status, nil, task.id)
  place('check:' .. task.provider, nil, task.id)
  place('settled:done', nil, task.id)
  place('settled:undone', nil, task.id)
  place('settled:content', nil, task.id)
  for _, state in ipairs(UNDONE) do
    place('effect:' .. state, nil, task.id)
  end
  if task.owner then
    place('owner:' .. task.owner, nil, task.id)
  end
  redis.call('UNLINK', task_key(task.id))
end

-- The task as replies carry it. After `flush`.
local function render(task)
  return { task.id, before[task.id].json, task.result or false, task.error or false }
end

local function cause_of(kind)
  return string.match(kind, '^[^:]*')
end

local function effect_of(task, kind, number)
  local raw = redis.call('HGET', task_key(task.id), 'e:' .. kind .. ':' .. number)
  return raw and decode(raw) or nil
end

-- `state` is the one it had; nil when it is new.
local function keep_effect(task, kind, number, effect, state)
  if state ~= effect.state then
    if state then
      task['effects:' .. state] = task['effects:' .. state] - 1
    end
    task['effects:' .. effect.state] = task['effects:' .. effect.state] + 1
  end
  dirty[task.id] = true
  redis.call('HSET', task_key(task.id), 'e:' .. kind .. ':' .. number, encode(effect))
  local queue, piece = base .. 'due:' .. kind .. ':' .. task.provider, number .. ':' .. task.id
  if effect.state == 'due' then
    redis.call('ZADD', queue, int(effect.dueAt), piece)
    if effect.dueAt <= now then
      wake('effect', task.id)
    end
  elseif effect.state == 'running' then
    redis.call('ZADD', queue, int(effect.leaseUntil), piece)
  else
    redis.call('ZREM', queue, piece)
  end
end

local function make_due(task, kind, number, effect)
  effect = effect or effect_of(task, kind, number) or { fence = 0, runs = 0 }
  local state = effect.state
  if state == 'due' then
    return
  end
  if state == 'running' then
    effect.again = '1'
  else
    effect.state, effect.dueAt, effect.starts, effect.ends = 'due', now, 0, 0
    effect.doneAt, effect.lastError = nil, nil
  end
  keep_effect(task, kind, number, effect, state)
end
