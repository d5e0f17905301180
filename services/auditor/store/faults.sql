-- name: find_fault(fault_id, key, source, kind, alarm_id, page_id, session_id, device_id, chair, title, priority, due_at, found_at)$
-- Something is wrong; what was wrong before and right since is wrong again. Returns its id.
INSERT INTO faults AS f (fault_id, key, source, kind, alarm_id, page_id, session_id, device_id, chair, title, priority, due_at, found_at)
VALUES (:fault_id, :key, :source, :kind, :alarm_id, :page_id, :session_id, :device_id, :chair, :title, :priority, :due_at, :found_at)
ON CONFLICT (key) DO UPDATE SET mended_at = NULL, acknowledged_by = NULL, acknowledged_at = NULL, asked_at = NULL
RETURNING fault_id;

-- name: mend_fault(fault_id, mended_at)!
-- It is right again.
UPDATE faults SET mended_at = :mended_at WHERE fault_id = :fault_id;

-- name: hold_fault(fault_id)^
-- One fault, held.
SELECT * FROM faults WHERE fault_id = :fault_id FOR UPDATE;

-- name: acknowledge_fault(fault_id, by, at)!
-- Somebody takes care of it.
UPDATE faults SET acknowledged_by = :by, acknowledged_at = :at WHERE fault_id = :fault_id;

-- name: faults_of(source)
-- Everything found about a source, the oldest first.
SELECT * FROM faults WHERE source = :source ORDER BY due_at, key;

-- name: open_faults_of(kind)
-- What is wrong of a kind.
SELECT * FROM faults WHERE kind = :kind AND mended_at IS NULL ORDER BY found_at, key;

-- name: faults(everything)
-- Faults, newest first; those that are open unless all are asked for.
SELECT * FROM faults WHERE :everything::bool OR mended_at IS NULL ORDER BY found_at DESC, key LIMIT 500;

-- name: open_faults()
-- How many faults of each kind are open, and how many of them nobody takes care of.
SELECT kind, count(*) AS open, count(*) FILTER (WHERE acknowledged_at IS NULL) AS untended FROM faults WHERE mended_at IS NULL GROUP BY kind;

-- name: untended_faults()
-- What is wrong and nobody takes care of, the oldest first.
SELECT * FROM faults WHERE mended_at IS NULL AND acknowledged_at IS NULL ORDER BY found_at, key;

-- name: note_asked(fault_ids, at)!
-- They are handed to the way out.
UPDATE faults SET asked_at = :at WHERE fault_id = ANY(:fault_ids::uuid[]);

-- name: note_said(fault_ids)!
-- They were said outside.
UPDATE faults SET said_outside = said_outside + 1, not_said = NULL WHERE fault_id = ANY(:fault_ids::uuid[]);

-- name: note_not_said(fault_ids, why)!
-- They could not be said outside.
UPDATE faults SET not_said = :why WHERE fault_id = ANY(:fault_ids::uuid[]);

-- name: note_audit(alarm_id, begins, priority, told_after, answered_after, kept, audited_at)$
-- How an asking went; null when that is known.
INSERT INTO audits (alarm_id, begins, priority, told_after, answered_after, kept, audited_at)
VALUES (:alarm_id, :begins, :priority, :told_after, :answered_after, :kept, :audited_at) ON CONFLICT DO NOTHING RETURNING alarm_id;

-- name: figures(since)^
-- What came of the askings since an instant, and how many faults of an unanswered alarm were found.
SELECT count(*) AS judged, count(*) FILTER (WHERE kept) AS kept,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY told_after) AS told_p50,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY told_after) AS told_p95, max(told_after) AS told_max,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY answered_after) AS answered_p50,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY answered_after) AS answered_p95, max(answered_after) AS answered_max,
       (SELECT count(*) FROM faults WHERE found_at >= :since AND kind = 'unanswered') AS unanswered
FROM audits WHERE audited_at >= :since;

-- name: forget_found(before)!
-- What was found and is over may go after a time.
DELETE FROM faults WHERE found_at < :before AND mended_at IS NOT NULL;

-- name: forget_audits(before)!
-- So may what came of askings.
DELETE FROM audits WHERE audited_at < :before;
