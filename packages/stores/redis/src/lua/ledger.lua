-- Everything that is written about one task. ARGV[4]: its id. Returns the fields and values of its hash, see task.lua.
return redis.call('HGETALL', base .. 'task:' .. ARGV[4])
