-- name: hold_calendar()!
-- One series is planned at a time; the constraint on chairs is for everybody else.
SELECT pg_advisory_xact_lock(1);

-- name: busy(patient_id, since, until)
-- Which chairs are held, and when the patient is here already.
SELECT CASE WHEN patient_id = :patient_id THEN NULL ELSE chair END AS chair, lower(during) AS starts_at, upper(during) AS ends_at
FROM appointments WHERE state IN ('booked', 'arrived') AND during && tstzrange(:since, :until);

-- name: begin_series(series_id, order_id, patient_id, placed, decided_at)$
-- Decide about an order once.
INSERT INTO series (series_id, order_id, patient_id, placed, decided_at)
VALUES (:series_id, :order_id, :patient_id, :placed, :decided_at) ON CONFLICT (order_id) DO NOTHING RETURNING series_id;

-- name: series_of(order_id)$
-- The series of an order, if it was decided.
SELECT series_id FROM series WHERE order_id = :order_id;

-- name: book(ids, patient_id, series_id, order_id, numbers, chairs, starts, ends)!
-- Hold the chairs of a series.
INSERT INTO appointments (appointment_id, patient_id, series_id, order_id, number, chair, during, state)
SELECT id, :patient_id, :series_id, :order_id, number, chair, tstzrange(starts_at, ends_at), 'booked'
FROM unnest(:ids::uuid[], :numbers::int[], :chairs::int[], :starts::timestamptz[], :ends::timestamptz[])
    AS t (id, number, chair, starts_at, ends_at);

-- name: hold_appointment(appointment_id)^
-- One appointment, held.
SELECT appointment_id, patient_id, series_id, order_id, number, chair, lower(during) AS starts_at, upper(during) AS ends_at, state
FROM appointments WHERE appointment_id = :appointment_id FOR UPDATE;

-- name: set_state(appointment_id, state)!
-- What became of an appointment.
UPDATE appointments SET state = :state WHERE appointment_id = :appointment_id;

-- name: appointments(patient_id, since, until)
-- Appointments of a patient, or of all, in a time.
SELECT appointment_id, patient_id, series_id, order_id, number, chair, lower(during) AS starts_at, upper(during) AS ends_at, state
FROM appointments
WHERE (:patient_id::uuid IS NULL OR patient_id = :patient_id) AND during && tstzrange(:since, :until)
ORDER BY lower(during), chair LIMIT 1000;

-- name: register_staff(staff_id, display_name, role, registered_at)!
-- Somebody works here.
INSERT INTO staff (staff_id, display_name, role, registered_at) VALUES (:staff_id, :display_name, :role, :registered_at)
ON CONFLICT (staff_id) DO UPDATE SET display_name = excluded.display_name, role = excluded.role;

-- name: role_of(staff_id)$
-- What somebody does here.
SELECT role FROM staff WHERE staff_id = :staff_id;

-- name: plan_shift(shift_id, staff_id, starts_at, ends_at)!
-- Somebody is on duty.
INSERT INTO shifts (shift_id, staff_id, during) VALUES (:shift_id, :staff_id, tstzrange(:starts_at, :ends_at));

-- name: assign_chair(assignment_id, staff_id, chair, starts_at, ends_at)!
-- Somebody has a chair.
INSERT INTO chair_assignments (assignment_id, staff_id, chair, during)
VALUES (:assignment_id, :staff_id, :chair, tstzrange(:starts_at, :ends_at));

-- name: hold_shift(shift_id)^
-- One shift, held.
SELECT shift_id, staff_id, lower(during) AS starts_at, upper(during) AS ends_at FROM shifts WHERE shift_id = :shift_id FOR UPDATE;

-- name: cancel_shift(shift_id, at)!
-- A shift ends now, or will not be: an empty time is one that never came.
UPDATE shifts SET during = during * tstzrange(NULL, :at) WHERE shift_id = :shift_id;

-- name: shifts(since, until)
-- Who is on duty when.
SELECT h.shift_id, h.staff_id, s.role, lower(h.during) AS starts_at, upper(h.during) AS ends_at
FROM shifts h JOIN staff s USING (staff_id) WHERE h.during && tstzrange(:since, :until) ORDER BY lower(h.during), h.staff_id LIMIT 1000;

-- name: hold_assignment(assignment_id)^
-- One assignment of a chair, held.
SELECT assignment_id, staff_id, chair, lower(during) AS starts_at, upper(during) AS ends_at
FROM chair_assignments WHERE assignment_id = :assignment_id FOR UPDATE;

-- name: unassign_chair(assignment_id, at)!
-- An assignment ends now, or will not be; the chair is free from then on.
UPDATE chair_assignments SET during = during * tstzrange(NULL, :at) WHERE assignment_id = :assignment_id;

-- name: assignments(since, until)
-- Who has which chair when.
SELECT assignment_id, staff_id, chair, lower(during) AS starts_at, upper(during) AS ends_at
FROM chair_assignments WHERE during && tstzrange(:since, :until) ORDER BY lower(during), chair LIMIT 1000;

-- name: on_duty(at)
-- Who is on duty at an instant, and which chairs they have.
SELECT s.staff_id, s.role, array(
    SELECT DISTINCT a.chair FROM chair_assignments a WHERE a.staff_id = s.staff_id AND a.during @> :at::timestamptz ORDER BY a.chair
) AS chairs
FROM staff s WHERE EXISTS (SELECT 1 FROM shifts h WHERE h.staff_id = s.staff_id AND h.during @> :at::timestamptz) ORDER BY s.staff_id;
