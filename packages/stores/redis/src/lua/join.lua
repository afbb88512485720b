-- Joins a fact into a task that is in this shard: ledger, transition, due effects, and what waited for the task in the quarantine.
-- ARGV[6]  limit: ledgerEntries
local LEDGER_ENTRIES = tonumber(ARGV[6])
local adopting, onward = {}, {}

local function answer(outcome, duplicate, changed, id)
  return { outcome = outcome, duplicate = duplicate and '1' or '0', changed = changed and '1' or '0', id = id or '' }
end

-- Takes out the quarantined entry this fact was parsed from again.
local function release(fact)
  if fact.releases then
    later(fact.releasesShard, 'drop', fact.releases)
  end
end

local function write(task, fact, outcome)
  local always = outcome == 'settled' or fact.source == 'operator' or fact.notSent
  if task.seq >= LEDGER_ENTRIES and not always then
    task.dropped = task.dropped + 1
    return nil
  end
  task.seq = task.seq + 1
  local at, lastAt, copies = fact.at or int(now), fact.lastAt or int(now), fact.copies or '1'
  local meta = table.concat({ int(task.seq), at, lastAt, copies, outcome }, ' ')
  redis.call('HSET', task_key(task.id), 'm:' .. fact.key, meta, 'f:' .. int(task.seq), fact.key .. '\n' .. fact.bare)
  if fact.content ~= '' then
    redis.call('HSET', task_key(task.id), 'c:' .. int(task.seq), fact.content)
    task.contentFrom = task.contentFrom or task.seq
  end
  return int(task.seq)
end

local function replay(task, kind)
  local cause = cause_of(kind)
  local first, last = 1, cause == 'settled' and task.verdicts or task.seq
  if cause == 'progress' then
    first, last = 0, 0
  end
  for number = first, last do
    local effect = effect_of(task, kind, int(number))
    if effect and (effect.state == 'dead' or effect.state == 'done') then
      make_due(task, kind, int(number), effect)
    end
  end
end

local function end_progress_of(task, kind, effect)
  local state = effect.state
  effect.again = nil
  if state ~= 'running' then
    effect.state, effect.doneAt = 'done', now
  end
  keep_effect(task, kind, '0', effect, state)
end

local function end_progress(task)
  local effect = effect_of(task, 'progress', '0')
  if effect then
    end_progress_of(task, 'progress', effect)
    for kind in string.gmatch(effect.parts or '', '%S+') do
      end_progress_of(task, kind, effect_of(task, kind, '0'))
    end
  end
end

local function apply(task, fact, foreign)
  local had, hadShard = task.externalId, task.externalIdShard
  local outcome, changed, due = transition(task, fact, foreign)
  if task.externalId ~= had then
    task.externalIdShard = fact.idShard
    if had then
      later(hadShard, 'free', task.provider, had, task.id)
    end
  end
  dirty[task.id] = true
  local seq = write(task, fact, outcome)
  if due == 'settled' then
    make_due(task, 'settled', int(task.verdicts))
    end_progress(task)
  elseif due == 'progress' then
    make_due(task, 'progress', '0')
  end
  if fact.announce and seq and outcome ~= 'foreign' then
    make_due(task, 'fact', seq)
  end
  if fact.replay then
    replay(task, fact.replay)
  end
  return outcome, changed
end

local function copy(task, fact, meta)
  local seq, at, lastAt, copies, outcome = string.match(meta, '^(%d+) (%d+) (%d+) (%d+) (%a+)$')
  meta = table.concat({ seq, at, fact.lastAt or int(now), int(copies + (fact.copies or 1)), outcome }, ' ')
  redis.call('HSET', task_key(task.id), 'm:' .. fact.key, meta)
  return answer(outcome, true, false, task.id)
end

-- A fact whose task is in this shard.
local adopt
local function join(task, fact)
  if fact.entry and fact.entryShard == here and redis.call('EXISTS', base .. 'q:' .. fact.entry) == 0 then
    return answer('noted', true, false, task.id) -- Adopted meanwhile.
  end
  local meta = redis.call('HGET', task_key(task.id), 'm:' .. fact.key)
  local wants = not meta
    and fact.externalId
    and fact.externalId ~= task.externalId
    and (not task.externalId or (task.externalIdHinted and fact.trust ~= 'hint'))
  if wants and not fact.owner then
    if fact.idShard ~= here then
      return { to = fact.idShard }
    end
    ask_index(fact)
  end
  release(fact)
  if fact.entry then
    later(fact.entryShard, 'drop', fact.entry)
  end
  if fact.room then
    later(fact.homeShard, 'unreserve', fact.provider, identity_of(fact))
  end
  if meta then
    return copy(task, fact, meta)
  end
  local outcome, changed = apply(task, fact, wants and fact.owner ~= task.id)
  local orphans
  if fact.owner == task.id then
    if task.externalId == fact.externalId then
      orphans = fact.orphans
    elseif not task.externalIdHinted then
      later(fact.idShard, 'free', task.provider, fact.externalId, task.id) -- Another was quicker: it will never be this one.
    end
  end
  for at = #(orphans or {}), 1, -1 do
    if orphans[at].n == fact.releases and orphans[at].shard == fact.releasesShard then
      table.remove(orphans, at)
    end
  end
  adopt(task, orphans, wants)
  return answer(outcome, false, changed, task.id)
end

-- Takes what waited for this task out of the quarantine, in order of arrival, and joins it. `orphans` waited for its externalId; when
-- it was not taken just now (`taken`), they are leftovers of an adoption whose process died before it had removed them.
function adopt(task, orphans, taken)
  local waiting = {}
  if not adopting[task.id] then
    waiting = entries_at(base .. 'q:task:' .. task.provider .. '\n' .. task.id)
  end
  for _, entry in ipairs(orphans or {}) do
    if taken then
      waiting[#waiting + 1] = entry
    else
      later(entry.shard, 'drop', entry.n)
    end
  end
  if #waiting == 0 then
    return
  end
  table.sort(waiting, function(a, b)
    if a.at ~= b.at then
      return tonumber(a.at) < tonumber(b.at)
    end
    return tonumber(a.n) < tonumber(b.n)
  end)
  local nested = adopting[task.id]
  adopting[task.id] = true
  local stopped = false
  for _, entry in ipairs(waiting) do
    local fact = cjson.decode(entry.small)
    if not (stopped and fact.taskId) then
      fact.bare, fact.content, fact.entry, fact.entryShard = entry.bare, entry.content, entry.n, entry.shard
      fact.at, fact.lastAt, fact.copies = entry.at, entry.lastAt, entry.copies
      local to = join(task, fact).to
      if to then
        -- Only an entry that names the task itself can need another shard; those behind it keep their place.
        stopped = true
        onward[#onward + 1] = {
          to, entry.small, entry.bare, entry.content, entry.n, entry.shard, entry.at, entry.lastAt, entry.copies,
        }
      end
    end
  end
  adopting[task.id] = nested
end
