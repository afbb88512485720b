-- A line that ends in `--? filter` counts only when that filter is asked for.

-- name: list
SELECT task FROM tasklatch_task AS task
WHERE TRUE
  AND owner = ?                                                                                       --? owner
  AND provider = ?                                                                                    --? provider
  AND status = ?                                                                                      --? status
  AND id IN (SELECT task_id FROM tasklatch_effect WHERE state <> 'done' AND state = ?)                 --? open
  AND EXISTS (SELECT 1 FROM tasklatch_effect WHERE task_id = task.id AND state = ?)                    --? done
  AND (created_at, id) < (?, ?)                                                                       --? cursor
ORDER BY created_at DESC, id DESC LIMIT ?;
