-- Says, on first use, how the data is laid out; in shard 0, whatever their number. ARGV[4]: shards. ARGV[5]: format.
-- Returns { shards, format } as they were said first.
redis.call('HSETNX', base .. 'layout', 'shards', ARGV[4])
redis.call('HSETNX', base .. 'layout', 'format', ARGV[5])
return redis.call('HMGET', base .. 'layout', 'shards', 'format')
