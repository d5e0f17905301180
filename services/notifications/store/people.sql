-- name: hear_member(staff_id, role)!
-- Somebody works here.
INSERT INTO staff (staff_id, role) VALUES (:staff_id, :role) ON CONFLICT (staff_id) DO UPDATE SET role = excluded.role;

-- name: hear_shift(shift_id, staff_id, role, starts_at, ends_at)!
-- Somebody is on duty.
INSERT INTO shifts (shift_id, staff_id, role, during) VALUES (:shift_id, :staff_id, :role, tstzrange(:starts_at, :ends_at))
ON CONFLICT DO NOTHING;

-- name: hear_assignment(assignment_id, staff_id, chair, starts_at, ends_at)!
-- Somebody has a chair.
INSERT INTO chair_assignments (assignment_id, staff_id, chair, during)
VALUES (:assignment_id, :staff_id, :chair, tstzrange(:starts_at, :ends_at)) ON CONFLICT DO NOTHING;

-- name: duty_book(at)
-- Everybody, whether on duty at an instant, and with which chairs.
SELECT s.staff_id, s.role,
       EXISTS (SELECT 1 FROM shifts h WHERE h.staff_id = s.staff_id AND h.during @> :at::timestamptz) AS on_duty,
       array(SELECT DISTINCT a.chair FROM chair_assignments a WHERE a.staff_id = s.staff_id AND a.during @> :at::timestamptz) AS chairs
FROM staff s ORDER BY s.staff_id;
