-- name: readings_needed(begin, until, since)$
-- Whether a patient who has readings between two instants came again since a third.
SELECT EXISTS (
    SELECT 1 FROM (SELECT DISTINCT session_id FROM readings WHERE measured_at >= :begin AND measured_at < :until) AS measured
    JOIN sessions then_ USING (session_id)
    JOIN sessions later ON later.patient_id = then_.patient_id
    WHERE later.opened_at >= :since
);
