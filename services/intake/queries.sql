-- name: alone(place)!
-- Those who bring the same identifier wait for one another.
SELECT pg_advisory_xact_lock(hashtextextended(:place, 0));

-- name: patients_of(systems, values)
-- Whom these identifiers name.
SELECT DISTINCT patient_id FROM identifiers
WHERE (system, value) IN (SELECT * FROM unnest(:systems::text[], :values::text[]));

-- name: register(patient_id, family_name, given_names, birth_date, gender, registered_at)!
-- A new patient.
INSERT INTO patients (patient_id, family_name, given_names, birth_date, gender, registered_at)
VALUES (:patient_id, :family_name, :given_names, :birth_date, :gender, :registered_at);

-- name: rename(patient_id, family_name, given_names, birth_date, gender)!
-- The chart says otherwise who the patient is.
UPDATE patients SET family_name = :family_name, given_names = :given_names, birth_date = :birth_date, gender = :gender
WHERE patient_id = :patient_id;

-- name: identify(patient_id, systems, values)!
-- Know a patient by these identifiers, too.
INSERT INTO identifiers (system, value, patient_id)
SELECT system, value, :patient_id FROM unnest(:systems::text[], :values::text[]) AS t (system, value) ON CONFLICT DO NOTHING;

-- name: patient(patient_id)^
-- Who a patient is.
SELECT patient_id, family_name, given_names, birth_date, gender, registered_at FROM patients WHERE patient_id = :patient_id;

-- name: hold_patient(patient_id)^
-- Decide about one patient at a time.
SELECT patient_id FROM patients WHERE patient_id = :patient_id FOR UPDATE;

-- name: entries(patient_id)
-- Everything a patient's charts say.
SELECT content FROM entries WHERE patient_id = :patient_id ORDER BY key;

-- name: keep_entries(patient_id, keys, contents)!
-- Keep what charts say, newly or differently.
INSERT INTO entries (patient_id, key, content)
SELECT :patient_id, key, content FROM unnest(:keys::text[], :contents::jsonb[]) AS t (key, content)
ON CONFLICT (patient_id, key) DO UPDATE SET content = excluded.content;

-- name: refer(referral_id, patient_id, format, received_at)!
-- A referral came.
INSERT INTO referrals (referral_id, patient_id, format, received_at) VALUES (:referral_id, :patient_id, :format, :received_at);

-- name: last_referral(patient_id)^
-- The last referral of a patient.
SELECT referral_id FROM referrals WHERE patient_id = :patient_id ORDER BY received_at DESC LIMIT 1;

-- name: keep_strange(referral_id, places, types, reasons, contents)!
-- Keep what was not understood.
INSERT INTO not_understood (referral_id, place, resource_type, reason, content)
SELECT :referral_id, place, resource_type, reason, content
FROM unnest(:places::int[], :types::text[], :reasons::text[], :contents::jsonb[]) AS t (place, resource_type, reason, content);

-- name: assess(assessment_id, patient_id, instrument, version, answers, total, severity, completed_at)!
-- A questionnaire was answered.
INSERT INTO assessments (assessment_id, patient_id, instrument, version, answers, total, severity, completed_at)
VALUES (:assessment_id, :patient_id, :instrument, :version, :answers::jsonb, :total, :severity, :completed_at);

-- name: sign_consent(consent_id, patient_id, version, document_sha256, signature, signed_at, expires_at)!
-- A consent was signed.
INSERT INTO consents (consent_id, patient_id, version, document_sha256, signature, signed_at, expires_at)
VALUES (:consent_id, :patient_id, :version, :document_sha256, :signature, :signed_at, :expires_at);

-- name: revoke_consent(consent_id, revoked_at)^
-- A consent was taken back.
UPDATE consents SET revoked_at = :revoked_at WHERE consent_id = :consent_id AND revoked_at IS NULL RETURNING patient_id;

-- name: consent(patient_id, versions)$
-- Until when the latest consent of a current version holds.
SELECT expires_at FROM consents
WHERE patient_id = :patient_id AND revoked_at IS NULL AND version = ANY(:versions::text[]) ORDER BY signed_at DESC LIMIT 1;

-- name: record_trial(trial_id, patient_id, content, recorded_at)!
-- A past treatment.
INSERT INTO trials (trial_id, patient_id, content, recorded_at) VALUES (:trial_id, :patient_id, :content::jsonb, :recorded_at);

-- name: trials(patient_id)
-- All past treatments of a patient.
SELECT content FROM trials WHERE patient_id = :patient_id ORDER BY recorded_at;

-- name: attest(patient_id, fact, value, stated_by, stated_at)!
-- Somebody stated a fact.
INSERT INTO attested (patient_id, fact, value, stated_by, stated_at) VALUES (:patient_id, :fact, :value, :stated_by, :stated_at)
ON CONFLICT (patient_id, fact) DO UPDATE SET value = excluded.value, stated_by = excluded.stated_by, stated_at = excluded.stated_at;

-- name: attested(patient_id)
-- What was stated about a patient.
SELECT fact, value, stated_by, stated_at FROM attested WHERE patient_id = :patient_id;

-- name: record_screening(screening_id, patient_id, decision, indication, fired, rules_version, decided_at, expires_at)!
-- The rules were read.
INSERT INTO screenings (screening_id, patient_id, decision, indication, fired, rules_version, decided_at, expires_at)
VALUES (:screening_id, :patient_id, :decision, :indication, :fired::jsonb, :rules_version, :decided_at, :expires_at);

-- name: screening(screening_id)^
-- A decision, and whether a later one stands.
SELECT s.screening_id, s.patient_id, s.decision, s.indication, s.fired, s.expires_at, o.order_id,
       EXISTS (SELECT 1 FROM screenings l WHERE l.patient_id = s.patient_id AND l.decided_at > s.decided_at) AS superseded
FROM screenings s LEFT JOIN orders o ON o.screening_id = s.screening_id WHERE s.screening_id = :screening_id;

-- name: record_order(order_id, screening_id, patient_id, content, reason, signed_at)!
-- A prescriber signed.
INSERT INTO orders (order_id, screening_id, patient_id, content, reason, signed_at)
VALUES (:order_id, :screening_id, :patient_id, :content::jsonb, :reason, :signed_at);
