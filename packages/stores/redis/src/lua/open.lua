-- Creates a task, or grants its send again.
-- ARGV[4..6]  limits: quarantineEntries, quarantineBytes, ledgerEntries
-- ARGV[7]     the draft, as JSON of strings
-- Returns { created, send, task, onward, laters }: '1' or '0'; the rest as record.lua returns it.
local draft = cjson.decode(ARGV[7])
local task = load(draft.id)
local created, send = '0', '0'

if not task then
  created, send = '1', '1'
  task = insert({
    id = draft.id, provider = draft.provider, key = draft.key, owner = draft.owner, model = draft.model,
    fingerprint = draft.fingerprint, expectsCallback = draft.expectsCallback, status = 'submitting', sends = 1,
    sendToken = draft.sendToken, verdicts = 0, version = 1, createdAt = now, updatedAt = now,
    deadlineAt = now + draft.deadlineMs,
    nextCheckAt = now + math.min(tonumber(draft.sendWithinMs), tonumber(draft.deadlineMs)),
  })
elseif task.fingerprint == draft.fingerprint then
  if task.sendToken == draft.sendToken then
    send = '1'
  elseif task.status == 'submitting' and not task.sendToken then
    send = '1'
    task.sends, task.sendToken = task.sends + 1, draft.sendToken
    task.nextCheckAt = math.min(now + draft.sendWithinMs, task.deadlineAt)
    dirty[task.id] = true
  end
end

adopt(task)
flush()
publish()
return { created, send, render(task), onward, laters }
