-- name: countQuarantinedCopy
UPDATE tasklatch_quarantine SET copies = copies + 1, last_at = ?
WHERE provider = ? AND task_id = ? AND external_id = ? AND key = ? RETURNING id;

-- name: quarantineUse
SELECT count(*) AS entries, coalesce(sum(bytes), 0) AS bytes FROM tasklatch_quarantine WHERE provider = ?;

-- name: insertQuarantined
INSERT INTO tasklatch_quarantine (provider, task_id, external_id, key, unparseable, bytes, at, last_at, copies, fact)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?);

-- name: adoptable
SELECT id, at, last_at, copies, fact FROM tasklatch_quarantine
WHERE provider = ?1 AND task_id = ?2 AND unparseable = 0
UNION ALL
SELECT id, at, last_at, copies, fact FROM tasklatch_quarantine
WHERE provider = ?1 AND task_id = '' AND external_id = ?3 AND external_id <> '' AND unparseable = 0
ORDER BY id;

-- name: quarantined
SELECT id, at, last_at, copies, fact FROM tasklatch_quarantine ORDER BY id LIMIT ?;

-- name: quarantinedOfProvider
SELECT id, at, last_at, copies, fact FROM tasklatch_quarantine WHERE provider = ? ORDER BY id LIMIT ?;

-- name: deleteQuarantined
DELETE FROM tasklatch_quarantine WHERE id = ? RETURNING id;

-- name: purgeQuarantined
DELETE FROM tasklatch_quarantine WHERE id IN (
  SELECT id FROM tasklatch_quarantine WHERE at < ? ORDER BY at LIMIT ?
) RETURNING id;
