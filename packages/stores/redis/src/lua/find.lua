-- Whose an externalId is. ARGV[4]: provider. ARGV[5]: externalId. Returns { shard, task id }, or nil.
local held = redis.call('HGET', base .. 'ids:' .. ARGV[4], ARGV[5])
return held and { string.match(held, '^(%d+):(.*)$') } or false
