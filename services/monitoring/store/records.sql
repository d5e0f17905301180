-- name: sessions_over(since, after, until, phases, most)
-- Sessions that are over and were opened in a period, after a place in the list, the first first.
SELECT session_id, chair, phase, opened_at, started_at, ended_at FROM sessions
WHERE (opened_at, session_id) > (:since, :after) AND opened_at < :until AND phase = ANY(:phases::text[])
ORDER BY opened_at, session_id LIMIT :most;

-- name: recorded_moves(session_id)
-- How a session moved, and who moved it.
SELECT move, actor, reason, moved_at FROM moves WHERE session_id = :session_id ORDER BY id;

-- name: recorded_alarms(session_id)
-- Every alarm of a session, the first first.
SELECT alarm_id, code, cause, priority, highest, confirmed, title, advice, detail, late, count, limits_version, raised_at,
       cleared_at, artefact, ended_at, resolution, resolved_by, resolved_at
FROM alarms WHERE session_id = :session_id ORDER BY raised_at, alarm_id;

-- name: recorded_answers(session_id)
-- Every answer to an alarm of a session, the first first.
SELECT alarm_id, priority, answered_by, via, answered_at FROM answers
WHERE alarm_id IN (SELECT alarm_id FROM alarms WHERE session_id = :session_id) ORDER BY answered_at, alarm_id, answer_id;

-- name: recorded_readings(session_id, since, until, measured_at, device_id, codes, most)
-- Readings of a session measured in a period, after a place in the list, with what was not judged and why.
SELECT device_id, measured_at, codes, received_at, method, late, simulated, "values", set_aside, applied, taken_at FROM readings
WHERE session_id = :session_id AND measured_at >= :since AND measured_at < :until
  AND (:measured_at::timestamptz IS NULL
       OR (measured_at, device_id, codes) > (:measured_at::timestamptz, :device_id::text, :codes::text))
ORDER BY measured_at, device_id, codes LIMIT :most;
