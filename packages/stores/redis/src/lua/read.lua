-- Reads tasks by id. ARGV[4..]: ids. Returns tasks as record.lua returns them, without those that are not there.
local tasks = {}
for at = 4, #ARGV do
  local task = load(ARGV[at])
  if task then
    tasks[#tasks + 1] = render(task)
  end
end
return tasks
