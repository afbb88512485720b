-- Tasks and their effects. One hash holds all of a task: `task` (its fields and our book-keeping, as JSON of strings), `result` and
-- `error` (opaque JSON), `m:<key>` and `f:<seq>` (ledger), `e:<kind>:<number>` (effects).
local TASK_NUMBERS = {
  'sends', 'verdicts', 'version', 'createdAt', 'updatedAt', 'settledAt', 'deadlineAt', 'nextCheckAt', 'seq', 'dropped',
  'checkFence', 'checkUntil', 'checkStarts', 'effects:due', 'effects:running', 'effects:done', 'effects:dead',
}
local EFFECT_NUMBERS = { 'dueAt', 'fence', 'leaseUntil', 'runs', 'starts', 'ends', 'doneAt' }
local TERMINAL = { succeeded = true, failed = true, canceled = true, expired = true }

local loaded, before, dirty = {}, {}, {}

local function task_key(id)
  return base .. 'task:' .. id
end

-- Every sorted set a task stands in, with its score.
local function places(task)
  local found = { ['status:' .. task.status] = task.createdAt }
  if task.owner then
    found['owner:' .. task.owner] = task.createdAt
  end
  if task.nextCheckAt then
    found['check:' .. task.provider] = math.max(task.nextCheckAt, task.checkUntil or 0)
  end
  local undone = 0
  for _, state in ipairs({ 'due', 'running', 'dead' }) do
    if task['effects:' .. state] > 0 then
      found['effect:' .. state] = task.createdAt
      undone = undone + 1
    end
  end
  if TERMINAL[task.status] then
    found[undone == 0 and 'settled:done' or 'settled:undone'] = task.settledAt
  end
  return found
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
  local task = numbers(cjson.decode(raw[1]), TASK_NUMBERS)
  before[id] = { places = places(task), version = task.version, verdicts = task.verdicts, json = raw[1] }
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
  before[task.id] = { places = {}, verdicts = task.verdicts }
  dirty[task.id] = true
  return task
end

local function write_places(id, old, new)
  for place, score in pairs(old) do
    if not new[place] then
      redis.call('ZREM', base .. place, id)
    end
  end
  for place, score in pairs(new) do
    if old[place] ~= score then
      redis.call('ZADD', base .. place, int(score), id)
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
    local new, check = places(task), 'check:' .. task.provider
    write_places(id, old.places, new)
    if old.version ~= task.version then
      wake('task', id)
    end
    if new[check] and new[check] <= now and old.places[check] ~= new[check] then
      wake('check', id)
    end
  end
end

-- The task as replies carry it. After `flush`.
local function render(task)
  return { task.id, before[task.id].json, task.result or false, task.error or false }
end

local function effect_of(task, kind, number)
  local raw = redis.call('HGET', task_key(task.id), 'e:' .. kind .. ':' .. number)
  return raw and numbers(cjson.decode(raw), EFFECT_NUMBERS) or nil
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
    effect.steps, effect.doneAt, effect.lastError = nil, nil, nil
  end
  keep_effect(task, kind, number, effect, state)
end
