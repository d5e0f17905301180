-- name: hear_order(order_id, patient_id, dose_mg, dose_mg_per_kg, dosing_weight_kg, indication, duration_minutes, signed_at)!
-- An order was signed.
INSERT INTO orders (order_id, patient_id, dose_mg, dose_mg_per_kg, dosing_weight_kg, indication, duration_minutes, signed_at)
VALUES (:order_id, :patient_id, :dose_mg, :dose_mg_per_kg, :dosing_weight_kg, :indication, :duration_minutes, :signed_at)
ON CONFLICT DO NOTHING;

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
SELECT order_id, dose_mg, dose_mg_per_kg, dosing_weight_kg, indication, duration_minutes, signed_at FROM orders WHERE order_id = :order_id;

-- name: screening(patient_id)^
-- The latest screening, if one was heard of.
SELECT decision, decided_at, expires_at FROM screenings WHERE patient_id = :patient_id;

-- name: consent(patient_id)^
-- The latest consent that stands.
SELECT version, signed_at, expires_at FROM consents
WHERE patient_id = :patient_id AND signed_at IS NOT NULL AND revoked_at IS NULL ORDER BY signed_at DESC LIMIT 1;
