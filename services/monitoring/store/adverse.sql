-- name: say_adverse_event(adverse_event_id, version, session_id, patient_id, body, session_phase, catalogue_version, reason, actor, recorded_at)!
-- What is said about an adverse event from now on.
INSERT INTO adverse_events (adverse_event_id, version, session_id, patient_id, body, session_phase, catalogue_version, reason, actor,
                            recorded_at)
VALUES (:adverse_event_id, :version, :session_id, :patient_id, :body::jsonb, :session_phase, :catalogue_version, :reason, :actor,
        :recorded_at);

-- name: adverse_event(adverse_event_id)
-- All versions of an adverse event, oldest first.
SELECT adverse_event_id, version, session_id, patient_id, body, session_phase, catalogue_version, reason, actor, recorded_at
FROM adverse_events WHERE adverse_event_id = :adverse_event_id ORDER BY version;

-- name: adverse_events(session_id)
-- The adverse events of a session as they stand, oldest first.
SELECT * FROM (
    SELECT DISTINCT ON (adverse_event_id)
           adverse_event_id, version, session_id, patient_id, body, session_phase, catalogue_version, reason, actor, recorded_at
    FROM adverse_events WHERE session_id = :session_id ORDER BY adverse_event_id, version DESC
) latest ORDER BY recorded_at, adverse_event_id;

-- name: left_at(session_id)$
-- When the patient of a session went home; null while they are here.
SELECT max(moved_at) FROM moves WHERE session_id = :session_id AND move = 'discharge';

-- name: flag_sentinel(sentinel_id, trigger, session_id, cause_id, incident_case_due, first_review_due, analysis_due, flagged_by, flagged_at)$
-- Something must be reviewed; once for each trigger and cause.
INSERT INTO sentinels (sentinel_id, trigger, session_id, cause_id, incident_case_due, first_review_due, analysis_due, flagged_by, flagged_at)
VALUES (:sentinel_id, :trigger, :session_id, :cause_id, :incident_case_due, :first_review_due, :analysis_due, :flagged_by, :flagged_at)
ON CONFLICT DO NOTHING RETURNING sentinel_id;

-- name: sentinels(session_id)
-- What must be reviewed, of a session or of all, newest first.
SELECT sentinel_id, trigger, session_id, cause_id, incident_case_due, first_review_due, analysis_due, flagged_by, flagged_at
FROM sentinels WHERE :session_id::uuid IS NULL OR session_id = :session_id ORDER BY flagged_at DESC LIMIT 500;
