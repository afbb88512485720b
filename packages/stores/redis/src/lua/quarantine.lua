-- The quarantine, and the index of the providers' ids. An entry lies in the shard of its task's id, of its externalId, or of its
-- provider (its home), whichever of them it has first; what a provider's quarantine holds is counted in the home.
local limits = { entries = tonumber(ARGV[4]), bytes = tonumber(ARGV[5]) }

local acts, laters = {}, {}
-- Does one of `acts` now when it belongs to this shard, else has the caller do it there. Only for what may be lost or repeated.
local function later(shard, act, ...)
  if shard == here then
    return acts[act](...)
  end
  laters[#laters + 1] = { shard, act, ... }
end

local function identity_of(fact)
  return table.concat({ fact.provider, fact.taskId or '', fact.externalId or '', fact.key }, '\n')
end

local function identity_at(n)
  local small = redis.call('HGET', base .. 'q:' .. n, 'small')
  return small and identity_of(cjson.decode(small)) or nil
end

-- Room for one entry, in the home of its provider. Asking again for the same entry takes no more room.
local function reserve(fact)
  local room, sizes, identity = base .. 'q:room:' .. fact.provider, base .. 'q:bytes:' .. fact.provider, identity_of(fact)
  if redis.call('ZSCORE', room, identity) then
    return true
  end
  local entries, used = redis.call('ZCARD', room), tonumber(redis.call('HGET', sizes, '') or 0)
  -- The entry that goes when this fact is written makes room for it.
  if fact.releasing and redis.call('ZSCORE', room, fact.releasing) then
    entries, used = entries - 1, used - redis.call('HGET', sizes, fact.releasing)
  end
  if entries >= limits.entries or used + fact.bytes > limits.bytes then
    return false
  end
  redis.call('SADD', base .. 'q:providers', fact.provider)
  redis.call('ZADD', room, int(now), identity)
  redis.call('HSET', sizes, identity, fact.bytes)
  redis.call('HINCRBY', sizes, '', fact.bytes)
  return true
end

function acts.unreserve(provider, identity)
  local sizes = base .. 'q:bytes:' .. provider
  if redis.call('ZREM', base .. 'q:room:' .. provider, identity) == 1 then
    redis.call('HINCRBY', sizes, '', int(0 - redis.call('HGET', sizes, identity)))
    redis.call('HDEL', sizes, identity)
    if redis.call('HLEN', sizes) == 1 then
      redis.call('DEL', sizes)
      redis.call('SREM', base .. 'q:providers', provider)
    end
  end
  return 0
end

-- The entries that wait for one task, or for one externalId.
local function waiting_key(fact)
  if fact.taskId then
    return base .. 'q:task:' .. fact.provider .. '\n' .. fact.taskId
  end
  return fact.externalId and base .. 'q:id:' .. fact.provider .. '\n' .. fact.externalId or nil
end

-- Removes an entry; 1 if it was there. Its room is given back unless `keepRoom`.
function acts.drop(n, keepRoom)
  local small = redis.call('HGET', base .. 'q:' .. n, 'small')
  if not small then
    return 0
  end
  local fact = cjson.decode(small)
  local identity, waiting = identity_of(fact), waiting_key(fact)
  redis.call('DEL', base .. 'q:' .. n)
  redis.call('HDEL', base .. 'q:identities', identity)
  redis.call('ZREM', base .. 'q:all', n)
  redis.call('ZREM', base .. 'q:of:' .. fact.provider, n)
  if waiting then
    redis.call('ZREM', waiting, n)
  end
  if not keepRoom then
    later(fact.homeShard, 'unreserve', fact.provider, identity)
  end
  return 1
end

local function insert_entry(fact)
  local n = int(redis.call('INCR', base .. 'q:last'))
  local waiting = waiting_key(fact)
  redis.call('HSET', base .. 'q:' .. n, 'small', fact.small, 'fact', fact.bare, 'content', fact.content)
  redis.call('HSET', base .. 'q:' .. n, 'at', int(now), 'lastAt', int(now), 'copies', 1, 'micros', time[2] % 1000)
  redis.call('HSET', base .. 'q:identities', identity_of(fact), n)
  redis.call('ZADD', base .. 'q:all', n, n)
  redis.call('ZADD', base .. 'q:of:' .. fact.provider, n, n)
  if waiting and not fact.unparseable then
    redis.call('ZADD', waiting, n, n)
  end
end

-- What waits in this shard under `key`, to be carried to its task: see `adopt`.
local function entries_at(key)
  local found = {}
  for _, n in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local entry = redis.call('HMGET', base .. 'q:' .. n, 'small', 'fact', 'content', 'at', 'lastAt', 'copies')
    found[#found + 1] = {
      n = n, shard = here, small = entry[1], bare = entry[2], content = entry[3],
      at = entry[4], lastAt = entry[5], copies = entry[6],
    }
  end
  return found
end

-- Frees an externalId that the task can't take any more.
function acts.free(provider, externalId, owner)
  local ids = base .. 'ids:' .. provider
  local held = redis.call('HGET', ids, externalId)
  if held and string.match(held, '^%d+:(.*)$') == owner then
    redis.call('HDEL', ids, externalId)
  end
  return 0
end

-- Whose the fact's externalId is; takes it for the task that asks when it is nobody's. Sets `owner` ('' for nobody) and `ownerShard`,
-- and `orphans` when the fact goes on to the owner. A task has an externalId only while the index says so; the index may
-- be ahead of the task (a process died in between), never behind.
local function ask_index(fact)
  local ids = base .. 'ids:' .. fact.provider
  local held = redis.call('HGET', ids, fact.externalId)
  if not held and not fact.unparseable then
    if fact.taskId then
      held = fact.taskShard .. ':' .. fact.taskId
    elseif fact.openId then
      held = fact.openShard .. ':' .. fact.openId
    end
    if held then
      redis.call('HSET', ids, fact.externalId, held)
    end
  end
  fact.owner = ''
  if held then
    fact.ownerShard, fact.owner = string.match(held, '^(%d+):(.*)$')
    if not fact.taskId or fact.taskId == fact.owner then
      fact.orphans = entries_at(base .. 'q:id:' .. fact.provider .. '\n' .. fact.externalId)
    end
  end
end
