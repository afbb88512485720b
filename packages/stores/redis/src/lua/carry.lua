-- Carries facts to their tasks. A fact may need three shards: that of its externalId (index), that of its task, and its provider's
-- home (room in the quarantine). A script carries it as far as its own shard can and says where it has to go next; with
-- one shard every way is local and it always arrives.
local carry

local function go(fact, shard)
  if shard == here then
    return carry(fact)
  end
  return { to = shard }
end

local function place_of(fact)
  return fact.taskShard or fact.idShard or fact.homeShard
end

local function quarantine(fact, id)
  if fact.source ~= 'delivery' then
    release(fact)
    return answer('foreign', false, false, id)
  end
  local n = redis.call('HGET', base .. 'q:identities', identity_of(fact))
  local replaced = n and fact.releases == n and fact.releasesShard == here
  if not n and not fact.room and (fact.releases or fact.homeShard ~= here) then
    fact.ask, fact.knownAs = fact.releases and 'release' or 'room', id
    return go(fact, fact.releases and fact.releasesShard or fact.homeShard)
  end
  if replaced then
    acts.drop(n, true)
  else
    release(fact)
  end
  if n and not replaced then
    redis.call('HINCRBY', base .. 'q:' .. n, 'copies', 1)
    redis.call('HSET', base .. 'q:' .. n, 'lastAt', int(now))
    return answer('quarantined', true, false, id)
  end
  if not fact.room and not replaced and not reserve(fact) then
    return answer('full', false, false, id)
  end
  insert_entry(fact)
  return answer('quarantined', false, false, id)
end

local function open_unknown(fact, id)
  local deadlineAt = now + fact.openDeadlineMs
  return insert({
    id = id, provider = fact.provider, expectsCallback = '1', status = 'pending', sends = 0, verdicts = 0, version = 1,
    createdAt = now, updatedAt = now, deadlineAt = deadlineAt, nextCheckAt = deadlineAt,
  })
end

local function task_of(id, provider)
  local task = load(id)
  return task and task.provider == provider and task or nil
end

local function quarantine_unparseable(fact)
  if place_of(fact) ~= here then
    return { to = place_of(fact) }
  end
  if fact.externalId and not fact.taskId and not fact.owner then
    ask_index(fact)
  end
  if fact.taskId then
    return quarantine(fact, task_of(fact.taskId, fact.provider) and fact.taskId)
  end
  return quarantine(fact, fact.owner)
end

-- Returns an answer, or `to`: the shard the fact has to go to with what it has learned.
function carry(fact)
  if fact.ask == 'release' then
    fact.ask, fact.releasing = 'room', identity_at(fact.releases)
    return go(fact, fact.homeShard)
  end
  if fact.ask == 'room' then
    fact.ask = nil
    if not reserve(fact) then
      release(fact)
      return answer('full', false, false, fact.knownAs)
    end
    -- Its task may have appeared meanwhile: the index is asked once more.
    fact.room, fact.owner = '1', nil
    return go(fact, place_of(fact))
  end
  if fact.unparseable then
    return quarantine_unparseable(fact)
  end
  -- One that names its task comes to the shard of its externalId only when the task has asked.
  if fact.externalId and not fact.owner and fact.idShard == here and fact.taskShard ~= here then
    ask_index(fact)
  end
  local id, shard = fact.taskId, fact.taskShard
  if not id and fact.externalId and fact.owner ~= '' then
    id, shard = fact.owner, fact.ownerShard
  end
  if not id then
    return quarantine(fact)
  end
  if shard ~= here then
    return { to = shard }
  end
  local task = task_of(id, fact.provider)
  if not fact.taskId then
    if not load(id) and fact.openId then
      task = open_unknown(fact, id)
    end
    local others = task
      and id ~= fact.openId
      and task.externalId
      and task.externalId ~= fact.externalId
      and not (task.externalIdHinted and fact.trust ~= 'hint')
    if others then
      -- The index was ahead of the task, and the task took another id.
      if not task.externalIdHinted then
        later(fact.idShard, 'free', fact.provider, fact.externalId, id)
      end
      task = nil
    end
  end
  if task then
    return join(task, fact)
  end
  if not fact.taskId then
    fact.owner = ''
  end
  if place_of(fact) ~= here then
    return { to = place_of(fact) }
  end
  return quarantine(fact)
end
