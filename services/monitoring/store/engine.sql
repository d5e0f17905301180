-- name: note_inputs(session_id, applied, kinds, ats, taken_at, bodies)!
-- What the engine was told besides readings.
INSERT INTO inputs (session_id, applied, kind, at, taken_at, body)
SELECT :session_id, :applied, k, a, :taken_at, b FROM unnest(:kinds::text[], :ats::timestamptz[], :bodies::jsonb[]) AS t (k, a, b);

-- name: inputs_taken(session_id, applied)
-- What the engine was told after an arrival, besides readings.
SELECT applied, kind, at, taken_at, body FROM inputs WHERE session_id = :session_id AND applied > :applied ORDER BY applied;

-- name: save_checkpoints(ids, ats, applied, states)!
-- Conditions to begin again from.
INSERT INTO checkpoints (session_id, at, applied, state)
SELECT * FROM unnest(:ids::uuid[], :ats::float8[], :applied::bigint[], :states::jsonb[])
ON CONFLICT (session_id, at) DO UPDATE SET applied = excluded.applied, state = excluded.state;

-- name: checkpoint(session_id, before)^
-- The last conditions before an instant.
SELECT at, applied, state FROM checkpoints WHERE session_id = :session_id AND at < :before ORDER BY at DESC LIMIT 1;

-- name: drop_checkpoints(session_id, since)!
-- Conditions that a late input makes untrue.
DELETE FROM checkpoints WHERE session_id = :session_id AND at >= :since;

-- name: write_limit(limit_id, patient_id, alarm, priority, marks, author, reason, written_at, expires_at)!
-- A limit of one patient's own.
INSERT INTO patient_limits (limit_id, patient_id, alarm, priority, marks, author, reason, written_at, expires_at)
VALUES (:limit_id, :patient_id, :alarm, :priority, :marks::jsonb, :author, :reason, :written_at, :expires_at);

-- name: limits_of(patient_id, now, everything)
-- A patient's own limits, oldest first: those in force, or all.
SELECT limit_id, alarm, priority, marks, author, reason, written_at, expires_at, withdrawn_at, withdrawn_by FROM patient_limits
WHERE patient_id = :patient_id AND (:everything::bool OR (withdrawn_at IS NULL AND expires_at > :now)) ORDER BY written_at;

-- name: withdraw_limit(limit_id, patient_id, withdrawn_at, withdrawn_by)$
-- A limit of one patient's own is taken back.
UPDATE patient_limits SET withdrawn_at = :withdrawn_at, withdrawn_by = :withdrawn_by
WHERE limit_id = :limit_id AND patient_id = :patient_id AND withdrawn_at IS NULL RETURNING limit_id;
