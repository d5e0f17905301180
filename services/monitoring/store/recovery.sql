-- name: keep_score(session_id, scale, components, computed, total, table_version, scored_by, scored_at)!
-- Staff scored a patient.
INSERT INTO recovery_scores (session_id, scale, components, computed, total, table_version, scored_by, scored_at)
VALUES (:session_id, :scale, :components::jsonb, :computed::jsonb, :total, :table_version, :scored_by, :scored_at);

-- name: scores(session_id)
-- A session's recovery scores, oldest first.
SELECT scale, components, computed, total, scored_by, scored_at FROM recovery_scores
WHERE session_id = :session_id ORDER BY id;

-- name: keep_rescreen(session_id, level, answers, reason, table_version, recorded_by, recorded_at)!
-- A re-screen was recorded.
INSERT INTO rescreens (session_id, level, answers, reason, table_version, recorded_by, recorded_at)
VALUES (:session_id, :level, :answers::jsonb, :reason, :table_version, :recorded_by, :recorded_at);

-- name: rescreen(session_id)^
-- A session's latest re-screen.
SELECT id, level, recorded_by, recorded_at, signed_by, signed_at FROM rescreens
WHERE session_id = :session_id ORDER BY id DESC LIMIT 1;

-- name: sign_rescreen(id, signed_by, signed_at)!
-- A provider signed a re-screen.
UPDATE rescreens SET signed_by = :signed_by, signed_at = :signed_at WHERE id = :id;

-- name: order_recovery(session_id, least_minutes, reason, ordered_by, ordered_at)!
-- A provider ordered how long a patient stays at least; the last order counts.
INSERT INTO minimum_recoveries (session_id, least_minutes, reason, ordered_by, ordered_at)
VALUES (:session_id, :least_minutes, :reason, :ordered_by, :ordered_at)
ON CONFLICT (session_id) DO UPDATE SET
    least_minutes = excluded.least_minutes, reason = excluded.reason, ordered_by = excluded.ordered_by, ordered_at = excluded.ordered_at;

-- name: ordered_recovery(session_id)^
-- How long a patient stays at least, where a provider ordered it.
SELECT least_minutes, reason, ordered_by, ordered_at FROM minimum_recoveries WHERE session_id = :session_id;

-- name: expect_call(session_id, number, after_leaving, due_at)!
-- Somebody who went home is to be called.
INSERT INTO follow_up_calls (session_id, number, after_leaving, due_at) VALUES (:session_id, :number, :after_leaving, :due_at);

-- name: hold_call(session_id, number)^
-- One call, held.
SELECT session_id, number, after_leaving, due_at, attempts, reached, called_by, called_at FROM follow_up_calls
WHERE session_id = :session_id AND number = :number FOR UPDATE;

-- name: calls(session_id, everything)
-- Calls of a session, or of all; those not done unless all are asked for; the soonest first.
SELECT session_id, number, after_leaving, due_at, attempts, reached, called_by, called_at FROM follow_up_calls
WHERE (:session_id::uuid IS NULL OR session_id = :session_id) AND (:everything::bool OR NOT reached)
ORDER BY due_at, session_id, number LIMIT 500;

-- name: note_call(session_id, number, reached, note, called_by, called_at)!
-- Somebody called.
UPDATE follow_up_calls SET attempts = attempts + 1, reached = :reached, note = :note, called_by = :called_by, called_at = :called_at
WHERE session_id = :session_id AND number = :number;
