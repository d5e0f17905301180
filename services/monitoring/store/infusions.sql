-- name: infusion(session_id)^
-- What runs, or ran, in a session.
SELECT session_id, dose_mg, duration_minutes, concentration_mg_per_ml, started_at, outcome, given_mg
FROM infusions WHERE session_id = :session_id;

-- name: infusion_changes(session_id)
-- Every change of an infusion, oldest first.
SELECT changed_at, percent, bolus_mg, for_pressure FROM infusion_changes WHERE session_id = :session_id ORDER BY changed_at, id;

-- name: begin_infusion(session_id, patient_id, dose_mg, duration_minutes, concentration_mg_per_ml, started_at)!
-- The drug runs.
INSERT INTO infusions (session_id, patient_id, dose_mg, duration_minutes, concentration_mg_per_ml, started_at)
VALUES (:session_id, :patient_id, :dose_mg, :duration_minutes, :concentration_mg_per_ml, :started_at);

-- name: change_infusion(session_id, changed_at, percent, bolus_mg, for_pressure)!
-- It runs at another rate from now on, or something was given at once.
INSERT INTO infusion_changes (session_id, changed_at, percent, bolus_mg, for_pressure)
VALUES (:session_id, :changed_at, :percent, :bolus_mg, :for_pressure);

-- name: finish_infusion(session_id, outcome, given_mg)!
-- It is over.
UPDATE infusions SET outcome = :outcome, given_mg = :given_mg WHERE session_id = :session_id;

-- name: previous_dose(patient_id, session_id)$
-- The dose ordered for the patient's last infusion before this session.
SELECT dose_mg FROM infusions WHERE patient_id = :patient_id AND session_id <> :session_id ORDER BY started_at DESC LIMIT 1;

-- name: countersign(session_id, what, staff_id, signed_at)$
-- Somebody said their part of what takes two; once each.
INSERT INTO countersignatures (session_id, what, staff_id, signed_at) VALUES (:session_id, :what, :staff_id, :signed_at)
ON CONFLICT DO NOTHING RETURNING staff_id;

-- name: countersigned(session_id, what)
-- Who said their part, the first first.
SELECT staff_id, signed_at FROM countersignatures WHERE session_id = :session_id AND what = :what ORDER BY signed_at, staff_id;

-- name: void_countersignatures(session_id, what)!
-- What was said no longer counts.
DELETE FROM countersignatures WHERE session_id = :session_id AND what = :what;
