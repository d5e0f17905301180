-- name: hear_member(staff_id, role)!
-- Somebody works here.
INSERT INTO staff (staff_id, role) VALUES (:staff_id, :role) ON CONFLICT (staff_id) DO UPDATE SET role = excluded.role;

-- name: hear_shift(shift_id, staff_id, role, starts_at, ends_at)!
-- Somebody is on duty; nothing changes where its cancellation was read first.
INSERT INTO shifts (shift_id, staff_id, role, during) VALUES (:shift_id, :staff_id, :role, tstzrange(:starts_at, :ends_at))
ON CONFLICT DO NOTHING;

-- name: hear_cancelled_shift(shift_id, staff_id, role, starts_at, ends_at, cancelled_at)!
-- A shift ends early, or was never to be.
INSERT INTO shifts (shift_id, staff_id, role, during)
VALUES (:shift_id, :staff_id, :role, tstzrange(:starts_at, :ends_at) * tstzrange(NULL, :cancelled_at))
ON CONFLICT (shift_id) DO UPDATE SET during = shifts.during * tstzrange(NULL, :cancelled_at);

-- name: hear_assignment(assignment_id, staff_id, chair, starts_at, ends_at)!
-- Somebody has a chair; nothing changes where its withdrawal was read first.
INSERT INTO chair_assignments (assignment_id, staff_id, chair, during)
VALUES (:assignment_id, :staff_id, :chair, tstzrange(:starts_at, :ends_at)) ON CONFLICT DO NOTHING;

-- name: hear_unassigned_chair(assignment_id, staff_id, chair, starts_at, ends_at, unassigned_at)!
-- An assignment ends early, or was never to be.
INSERT INTO chair_assignments (assignment_id, staff_id, chair, during)
VALUES (:assignment_id, :staff_id, :chair, tstzrange(:starts_at, :ends_at) * tstzrange(NULL, :unassigned_at))
ON CONFLICT (assignment_id) DO UPDATE SET during = chair_assignments.during * tstzrange(NULL, :unassigned_at);

-- name: hold_roster()!
-- The roster is changed by one at a time: what was judged is what is written.
SELECT pg_advisory_xact_lock(2);

-- name: roster(since, until)^
-- Everybody, and the shifts, rotations and covers that share time with a period; chairs as they are at its beginning.
SELECT
    (SELECT coalesce(jsonb_object_agg(staff_id, role), '{}') FROM staff) AS roles,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(staff_id, lower(during), upper(during))), '[]')
     FROM shifts WHERE during && tstzrange(:since, :until, '[]')) AS shifts,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'rotation_id', rotation_id, 'role', role, 'time_zone', time_zone, 'members', members, 'first_date', first_date,
                'hand_over', hand_over, 'days', days, 'since', lower(during), 'until', upper(during), 'made_at', made_at
            ) ORDER BY rotation_id, lower(during)), '[]')
     FROM rotations WHERE during && tstzrange(:since, :until, '[]')) AS rotations,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(cover_id, absent, cover, lower(during), upper(during), made_at)
                               ORDER BY lower(during), cover_id), '[]')
     FROM covers WHERE during && tstzrange(:since, :until, '[]')) AS covers,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(a.assignment_id, coalesce(h.to_staff, a.staff_id), a.chair) ORDER BY a.chair), '[]')
     FROM chair_assignments a LEFT JOIN LATERAL (
         SELECT to_staff FROM handovers WHERE assignment_id = a.assignment_id AND handed_at <= :since
         ORDER BY number DESC LIMIT 1
     ) h ON true
     WHERE a.during @> :since::timestamptz) AS chairs;

-- name: with_contacts()
-- Those of whom a way to reach them is known.
SELECT staff_id FROM contacts;
