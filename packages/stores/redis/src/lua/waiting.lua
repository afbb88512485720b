-- What lies in the quarantine, oldest first. ARGV[4]: provider, '' for all. ARGV[5]: at most so many.
-- Returns { n, at, lastAt, copies, fact, content, micros } for each; `micros` tells entries of one millisecond in two shards apart.
local entries = {}
local key = base .. (ARGV[4] == '' and 'q:all' or 'q:of:' .. ARGV[4])
for _, n in ipairs(redis.call('ZRANGE', key, 0, ARGV[5] - 1)) do
  local entry = redis.call('HMGET', base .. 'q:' .. n, 'at', 'lastAt', 'copies', 'fact', 'content', 'micros')
  entries[#entries + 1] = { n, unpack(entry) }
end
return entries
