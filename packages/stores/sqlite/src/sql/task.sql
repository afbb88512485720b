-- name: taskById
SELECT * FROM tasklatch_task WHERE id = ?;

-- name: taskByExternalId
SELECT * FROM tasklatch_task WHERE provider = ? AND external_id = ?;

-- name: insertTask
INSERT INTO tasklatch_task (
  external_id, status, settled_at, task, entries, dropped, has_content,
  check_at, check_fence, check_until, check_claim, check_starts, id, provider, owner, created_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: updateTask
UPDATE tasklatch_task SET
  external_id = ?, status = ?, settled_at = ?, task = ?, entries = ?, dropped = ?, has_content = ?,
  check_at = ?, check_fence = ?, check_until = ?, check_claim = ?, check_starts = ?
WHERE id = ?;

-- name: dueChecks
SELECT * FROM tasklatch_task WHERE provider = ? AND check_at <= ? ORDER BY check_at LIMIT ?;

-- name: claimedChecks
SELECT * FROM tasklatch_task WHERE check_claim = ? AND check_until > ?;

-- name: purgeableTasks
SELECT id FROM tasklatch_task AS task
WHERE settled_at < max(?1, ?2)
  AND (check_until IS NULL OR check_until <= ?3)
  AND (settled_at < ?2 OR NOT EXISTS (
    SELECT 1 FROM tasklatch_effect WHERE task_id = task.id AND state <> 'done'
  ))
  AND NOT EXISTS (
    SELECT 1 FROM tasklatch_effect WHERE task_id = task.id AND lease_until > ?3
  )
ORDER BY settled_at LIMIT ?4;

-- name: tasksWithContent
SELECT id FROM tasklatch_task WHERE has_content = 1 AND settled_at < ? ORDER BY settled_at LIMIT ?;

-- name: markWithoutContent
UPDATE tasklatch_task SET has_content = 0 WHERE id = ?;

-- name: deleteTask
DELETE FROM tasklatch_task WHERE id = ?;
