-- name: effect
SELECT * FROM tasklatch_effect WHERE task_id = ? AND kind = ? AND number = ?;

-- name: effectsOfTask
SELECT * FROM tasklatch_effect WHERE task_id = ? ORDER BY kind, number;

-- name: progressEffects
-- `progress` and its parts, `progress:…`; the semicolon is what comes after the colon.
SELECT * FROM tasklatch_effect WHERE task_id = ? AND kind >= 'progress' AND kind < 'progress;';

-- name: putEffect
REPLACE INTO tasklatch_effect (
  task_id, kind, number, provider, state, due_at, lease_until, ready_at,
  fence, claim, again, runs, starts, ends, done_at, last_error
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: readyEffects
SELECT * FROM tasklatch_effect WHERE provider = ? AND kind = ? AND ready_at <= ? ORDER BY ready_at LIMIT ?;

-- name: claimedEffects
SELECT * FROM tasklatch_effect WHERE claim = ? AND lease_until > ?;

-- name: deleteEffects
DELETE FROM tasklatch_effect WHERE task_id = ?;
