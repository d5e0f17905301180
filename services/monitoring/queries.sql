-- name: hear_order(order_id, patient_id, dose_mg, duration_minutes, signed_at)!
-- An order was signed.
INSERT INTO orders (order_id, patient_id, dose_mg, duration_minutes, signed_at)
VALUES (:order_id, :patient_id, :dose_mg, :duration_minutes, :signed_at) ON CONFLICT DO NOTHING;

-- name: hear_screening(patient_id, decision, decided_at, expires_at)!
-- A patient was screened; only the latest counts.
INSERT INTO screenings AS s (patient_id, decision, decided_at, expires_at) VALUES (:patient_id, :decision, :decided_at, :expires_at)
ON CONFLICT (patient_id) DO UPDATE SET decision = excluded.decision, decided_at = excluded.decided_at, expires_at = excluded.expires_at
WHERE excluded.decided_at >= s.decided_at;

-- name: hear_consent(consent_id, patient_id, version, signed_at, expires_at)!
-- A consent was signed.
INSERT INTO consents (consent_id, patient_id, version, signed_at, expires_at)
VALUES (:consent_id, :patient_id, :version, :signed_at, :expires_at)
ON CONFLICT (consent_id) DO UPDATE SET version = excluded.version, signed_at = excluded.signed_at, expires_at = excluded.expires_at;

-- name: hear_revocation(consent_id, patient_id, revoked_at)!
-- A consent was taken back, heard of or not.
INSERT INTO consents (consent_id, patient_id, version, revoked_at) VALUES (:consent_id, :patient_id, '', :revoked_at)
ON CONFLICT (consent_id) DO UPDATE SET revoked_at = excluded.revoked_at;

-- name: order(order_id)^
-- An order, if it was heard of.
SELECT order_id, dose_mg, duration_minutes, signed_at FROM orders WHERE order_id = :order_id;

-- name: screening(patient_id)^
-- The latest screening, if one was heard of.
SELECT decision, decided_at, expires_at FROM screenings WHERE patient_id = :patient_id;

-- name: consent(patient_id)^
-- The latest consent that stands.
SELECT version, signed_at, expires_at FROM consents
WHERE patient_id = :patient_id AND signed_at IS NOT NULL AND revoked_at IS NULL ORDER BY signed_at DESC LIMIT 1;

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
FROM sessions WHERE phase NOT IN ('DISCHARGED', 'CANCELLED') ORDER BY chair, opened_at;

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

-- name: readings(session_id, since)
-- A session's readings, oldest first.
SELECT measured_at, "values" FROM readings WHERE session_id = :session_id AND measured_at >= :since ORDER BY measured_at;

-- name: binding(device_id)^
-- What a device watches now.
SELECT binding_id, device_id, session_id, chair, bound_at FROM bindings WHERE device_id = :device_id AND released_at IS NULL;

-- name: bind(binding_id, device_id, session_id, chair, bound_at)!
-- A device watches a session from now on.
INSERT INTO bindings (binding_id, device_id, session_id, chair, bound_at) VALUES (:binding_id, :device_id, :session_id, :chair, :bound_at);

-- name: release(device_id, released_at)^
-- A device no longer watches.
UPDATE bindings SET released_at = :released_at WHERE device_id = :device_id AND released_at IS NULL RETURNING session_id, chair;

-- name: release_all(session_id, released_at)
-- No device watches a session any more.
UPDATE bindings SET released_at = :released_at WHERE session_id = :session_id AND released_at IS NULL RETURNING device_id, chair;

-- name: bindings_of(devices, since)
-- Bindings of devices that were in force since then.
SELECT device_id, session_id, chair, bound_at, released_at FROM bindings
WHERE device_id = ANY(:devices::text[]) AND (released_at IS NULL OR released_at > :since);

-- name: keep_readings(devices, times, codes, sessions, received, methods, lates, simulated, bodies)
-- Keep readings; only those not known come back.
INSERT INTO readings (device_id, measured_at, codes, session_id, received_at, method, late, simulated, "values")
SELECT * FROM unnest(:devices::text[], :times::timestamptz[], :codes::text[], :sessions::uuid[], :received::timestamptz[],
                     :methods::text[], :lates::bool[], :simulated::bool[], :bodies::jsonb[])
ON CONFLICT DO NOTHING RETURNING device_id, measured_at, codes;

-- name: raise_alarm(alarm_id, code, session_id, source, chair, device_id, priority, confirmed, raised_at)^
-- An alarm began; one that is open already counts up.
INSERT INTO alarms AS a (alarm_id, code, session_id, source, chair, device_id, priority, confirmed, raised_at)
VALUES (:alarm_id, :code, :session_id, :source, :chair, :device_id, :priority, :confirmed, :raised_at)
ON CONFLICT (source, code) WHERE ended_at IS NULL DO UPDATE SET count = a.count + 1
RETURNING alarm_id, count;

-- name: open_alarm(source, code)^
-- The open alarm of a source and code.
SELECT alarm_id, priority FROM alarms WHERE source = :source AND code = :code AND ended_at IS NULL;

-- name: set_priority(alarm_id, priority)!
-- An alarm became more or less urgent.
UPDATE alarms SET priority = :priority WHERE alarm_id = :alarm_id;

-- name: end_alarm(alarm_id, ended_at)!
-- An alarm is over.
UPDATE alarms SET ended_at = :ended_at WHERE alarm_id = :alarm_id;

-- name: alarm(alarm_id)^
-- One alarm.
SELECT alarm_id, code, session_id, source, chair, device_id, priority, confirmed, count, raised_at, acknowledged, ended_at
FROM alarms WHERE alarm_id = :alarm_id;

-- name: alarms(session_id, everything)
-- Alarms of a session, or of all; open ones unless all are asked for.
SELECT alarm_id, code, session_id, source, chair, device_id, priority, confirmed, count, raised_at, acknowledged, ended_at FROM alarms
WHERE (:session_id::uuid IS NULL OR session_id = :session_id) AND (:everything::bool OR ended_at IS NULL)
ORDER BY raised_at DESC LIMIT 500;

-- name: answer(answer_id, alarm_id, priority, answered_by, via, answered_at)$
-- Somebody answered an alarm; the same answer once.
INSERT INTO answers (answer_id, alarm_id, priority, answered_by, via, answered_at)
VALUES (:answer_id, :alarm_id, :priority, :answered_by, :via, :answered_at) ON CONFLICT DO NOTHING RETURNING answer_id;

-- name: set_acknowledged(alarm_id, priority)!
-- At which priority an alarm was answered; null when the answer lapsed.
UPDATE alarms SET acknowledged = :priority WHERE alarm_id = :alarm_id;
