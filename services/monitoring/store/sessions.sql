-- name: open_session(session_id, patient_id, appointment_id, order_id, chair, opened_at)$
-- A patient sits in a chair; once for each appointment.
INSERT INTO sessions (session_id, patient_id, appointment_id, order_id, chair, phase, opened_at)
VALUES (:session_id, :patient_id, :appointment_id, :order_id, :chair, 'CHECKED_IN', :opened_at)
ON CONFLICT (appointment_id) DO NOTHING RETURNING session_id;

-- name: session_of(appointment_id)$
-- The session of an appointment.
SELECT session_id FROM sessions WHERE appointment_id = :appointment_id;

-- name: hold_session(session_id)^
-- One session, held.
SELECT session_id, patient_id, appointment_id, order_id, chair, phase, opened_at, started_at, ended_at, duration_minutes, rate_percent,
       baseline, engine, latest
FROM sessions WHERE session_id = :session_id FOR UPDATE;

-- name: see_session(session_id)^
-- One session, to be read.
SELECT session_id, patient_id, appointment_id, order_id, chair, phase, opened_at, started_at, ended_at, duration_minutes, rate_percent,
       baseline, engine, latest
FROM sessions WHERE session_id = :session_id;

-- name: see_sessions()
-- The sessions that are not over.
SELECT session_id, patient_id, appointment_id, order_id, chair, phase, opened_at, started_at, ended_at, duration_minutes, rate_percent,
       baseline, engine, latest
FROM sessions WHERE phase NOT IN ('DISCHARGED', 'LEFT', 'CANCELLED', 'TRANSFERRED') ORDER BY chair, opened_at;

-- name: hold_sessions(ids)
-- Many sessions, held in order.
SELECT session_id, patient_id, appointment_id, order_id, chair, phase, opened_at, started_at, ended_at, duration_minutes, rate_percent,
       baseline, engine, latest
FROM sessions WHERE session_id = ANY(:ids::uuid[]) ORDER BY session_id FOR UPDATE;

-- name: keep_sessions(ids, phases, starts, ends, durations, rates, baselines, engines, latests)!
-- Keep what changed of sessions.
UPDATE sessions s SET phase = k.phase, started_at = k.started_at, ended_at = k.ended_at, duration_minutes = k.duration_minutes,
    rate_percent = k.rate_percent, baseline = k.baseline, engine = k.engine, latest = k.latest
FROM unnest(:ids::uuid[], :phases::text[], :starts::timestamptz[], :ends::timestamptz[], :durations::int[], :rates::int[],
            :baselines::jsonb[], :engines::jsonb[], :latests::jsonb[])
    AS k (session_id, phase, started_at, ended_at, duration_minutes, rate_percent, baseline, engine, latest)
WHERE s.session_id = k.session_id;

-- name: note_move(session_id, move, actor, reason, vitals, moved_at)!
-- A session moved on.
INSERT INTO moves (session_id, move, actor, reason, vitals, moved_at) VALUES (:session_id, :move, :actor, :reason, :vitals::jsonb, :moved_at);

-- name: moved_for(session_id, move, reason)$
-- When a session was last moved so for this reason.
SELECT max(moved_at) FROM moves WHERE session_id = :session_id AND move = :move AND reason = :reason;

-- name: attest(session_id, facts, mets, details, stated_by, stated_at)!
-- A member of staff stated facts.
INSERT INTO attestations (session_id, fact, met, detail, stated_by, stated_at)
SELECT :session_id, fact, met, detail, :stated_by, :stated_at
FROM unnest(:facts::text[], :mets::bool[], :details::text[]) AS t (fact, met, detail)
ON CONFLICT (session_id, fact) DO UPDATE SET
    met = excluded.met, detail = excluded.detail, stated_by = excluded.stated_by, stated_at = excluded.stated_at;

-- name: attested(session_id)
-- What was stated about a session.
SELECT fact, met, detail, stated_by, stated_at FROM attestations WHERE session_id = :session_id;

-- name: count_watched(phases)$
-- How many sessions are watched now.
SELECT count(*) FROM sessions WHERE phase = ANY(:phases::text[]);
