-- name: countCopies
UPDATE tasklatch_ledger SET copies = copies + ?, last_at = ? WHERE task_id = ? AND key = ? RETURNING outcome;

-- name: insertEntry
INSERT INTO tasklatch_ledger (task_id, seq, key, at, last_at, copies, outcome, fact, content)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: entriesOfTask
SELECT seq, at, last_at, copies, outcome, fact, content FROM tasklatch_ledger WHERE task_id = ? ORDER BY seq;

-- name: entryOfTask
SELECT seq, at, last_at, copies, outcome, fact, content FROM tasklatch_ledger WHERE task_id = ? AND seq = ?;

-- name: deleteContents
UPDATE tasklatch_ledger SET content = NULL WHERE task_id = ? AND content IS NOT NULL;

-- name: deleteEntries
DELETE FROM tasklatch_ledger WHERE task_id = ?;
