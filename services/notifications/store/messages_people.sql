-- name: hear_patient(patient_id)!
-- A patient has a chart.
INSERT INTO patients (patient_id) VALUES (:patient_id) ON CONFLICT DO NOTHING;

-- name: hold_patient(patient_id)^
-- One patient, held while it is decided what to send.
SELECT patient_id, zone FROM patients WHERE patient_id = :patient_id FOR UPDATE;

-- name: put_zone(patient_id, zone)!
-- Where a patient's clock is.
UPDATE patients SET zone = :zone WHERE patient_id = :patient_id;

-- name: see_patient(patient_id)^
-- One patient, to be read.
SELECT patient_id, zone FROM patients WHERE patient_id = :patient_id;

-- name: patient_channels(patient_id)
-- How a patient may be messaged.
SELECT channel, address, consent_id FROM patient_channels WHERE patient_id = :patient_id ORDER BY channel DESC;

-- name: put_channel(patient_id, channel, address, consent_id, changed_at)!
-- A channel with its consent.
INSERT INTO patient_channels (patient_id, channel, address, consent_id, changed_at)
VALUES (:patient_id, :channel, :address, :consent_id, :changed_at)
ON CONFLICT (patient_id, channel) DO UPDATE SET address = excluded.address, consent_id = excluded.consent_id, changed_at = excluded.changed_at;

-- name: close_channels(patient_id, channels, changed_at)
-- Use these channels no more; those that were open.
UPDATE patient_channels SET consent_id = NULL, changed_at = :changed_at
WHERE patient_id = :patient_id AND channel = ANY(:channels::text[]) AND consent_id IS NOT NULL RETURNING channel, address;

-- name: keep_consent(consent_id, patient_id, channel, given, address, text_shown, version, came_from, via, by_whom, at)!
-- A consent or its end, for good.
INSERT INTO messaging_consents (consent_id, patient_id, channel, given, address, text_shown, version, came_from, via, by_whom, at)
VALUES (:consent_id, :patient_id, :channel, :given, :address, :text_shown, :version, :came_from, :via, :by_whom, :at);

-- name: consents(patient_id)
-- Every consent of a patient and every end of one, the first first.
SELECT consent_id, channel, given, text_shown, version, came_from, via, by_whom, at FROM messaging_consents
WHERE patient_id = :patient_id ORDER BY at, channel;

-- name: patients_of(channel, address)
-- Who is known by an address.
SELECT patient_id FROM patient_channels WHERE channel = :channel AND address = :address ORDER BY patient_id;

-- name: book_appointment(appointment_id, patient_id, starts_at)$
-- An appointment, or a new time for one; nothing comes back where both are known, or it is over.
INSERT INTO patient_appointments AS a (appointment_id, patient_id, starts_at, state)
VALUES (:appointment_id, :patient_id, :starts_at, 'booked')
ON CONFLICT (appointment_id) DO UPDATE SET starts_at = excluded.starts_at, attendance = NULL, preparation = NULL, ride = NULL
WHERE a.state = 'booked' AND a.starts_at <> excluded.starts_at RETURNING appointment_id;

-- name: end_appointment(appointment_id, patient_id, state, at)!
-- It is cancelled, or the patient is here, or did not come.
INSERT INTO patient_appointments AS a (appointment_id, patient_id, starts_at, state) VALUES (:appointment_id, :patient_id, :at, :state)
ON CONFLICT (appointment_id) DO UPDATE SET state = excluded.state;

-- name: hold_appointment(appointment_id)^
-- One appointment, held.
SELECT * FROM patient_appointments WHERE appointment_id = :appointment_id FOR UPDATE;

-- name: see_appointment(appointment_id)^
-- One appointment, to be read.
SELECT * FROM patient_appointments WHERE appointment_id = :appointment_id;

-- name: reminded_of(patients, now)
-- The next appointment of each of these patients, of those a message told them about.
SELECT DISTINCT ON (patient_id) * FROM patient_appointments a
WHERE patient_id = ANY(:patients::uuid[]) AND state = 'booked' AND starts_at > :now
      AND EXISTS (SELECT 1 FROM messages m WHERE m.appointment_id = a.appointment_id AND m.state IN ('queued', 'sent', 'delivered'))
ORDER BY patient_id, starts_at;

-- name: keep_answers(appointment_id, attendance, preparation, ride)!
-- What a patient said about an appointment.
UPDATE patient_appointments SET attendance = :attendance, preparation = :preparation, ride = :ride WHERE appointment_id = :appointment_id;

-- name: hear_session(session_id, patient_id)!
-- Whose session it is.
INSERT INTO patient_sessions (session_id, patient_id) VALUES (:session_id, :patient_id) ON CONFLICT DO NOTHING;

-- name: hear_discharge(session_id, patient_id, discharged_at)!
-- A patient went home.
INSERT INTO patient_sessions (session_id, patient_id, discharged_at) VALUES (:session_id, :patient_id, :discharged_at)
ON CONFLICT (session_id) DO UPDATE SET discharged_at = excluded.discharged_at;

-- name: hear_reached(session_id)!
-- Somebody spoke with the patient.
UPDATE patient_sessions SET reached = true WHERE session_id = :session_id;

-- name: hold_session(session_id)^
-- One session, held.
SELECT * FROM patient_sessions WHERE session_id = :session_id FOR UPDATE;

-- name: keep_check_in(session_id, check_in)!
-- What a patient said at the check-in.
UPDATE patient_sessions SET check_in = :check_in WHERE session_id = :session_id;

-- name: see_session(session_id)^
-- One session, to be read.
SELECT * FROM patient_sessions WHERE session_id = :session_id;
