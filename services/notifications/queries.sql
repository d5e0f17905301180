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

-- name: put_contacts(staff_id, channels, changed_at)!
-- How a person is reached.
INSERT INTO contacts (staff_id, channels, changed_at) VALUES (:staff_id, :channels::jsonb, :changed_at)
ON CONFLICT (staff_id) DO UPDATE SET channels = excluded.channels, changed_at = excluded.changed_at;

-- name: contacts()
-- How everybody is reached.
SELECT staff_id, channels FROM contacts ORDER BY staff_id;

-- name: channels_of(staff_id)$
-- How one person is reached.
SELECT channels FROM contacts WHERE staff_id = :staff_id;

-- name: open_page(page_id, subject, source, alarm_id, signal_id, session_id, patient_id, device_id, chair, title, priority, opened_at)^
-- Somebody has to be told; a source that is told of already counts up.
INSERT INTO pages AS p (page_id, subject, source, alarm_id, signal_id, session_id, patient_id, device_id, chair, title, priority, state,
                        opened_at, since)
VALUES (:page_id, :subject, :source, :alarm_id, :signal_id, :session_id, :patient_id, :device_id, :chair, :title, :priority, 'open',
        :opened_at, :opened_at)
ON CONFLICT (source) WHERE state <> 'closed' DO UPDATE SET count = p.count + 1
RETURNING page_id, count;

-- name: hold_page(page_id)^
-- One page, held.
SELECT * FROM pages WHERE page_id = :page_id FOR UPDATE;

-- name: hold_page_of(source)^
-- The page about a source that is not closed, held.
SELECT * FROM pages WHERE source = :source AND state <> 'closed' FOR UPDATE;

-- name: see_page(page_id)^
-- One page, to be read.
SELECT * FROM pages WHERE page_id = :page_id;

-- name: see_pages(everything)
-- Pages, newest first; those not closed unless all are asked for.
SELECT * FROM pages WHERE :everything::bool OR state <> 'closed' ORDER BY opened_at DESC LIMIT 500;

-- name: keep_page(page_id, priority, state, step, since, answer_id, answered_by, answered_at, closed_at)!
-- Keep what changed of a page.
UPDATE pages SET priority = :priority, state = :state, step = :step, since = :since, answer_id = :answer_id, answered_by = :answered_by,
    answered_at = :answered_at, closed_at = :closed_at
WHERE page_id = :page_id;

-- name: note_telling(job_id, page_id, staff_id, step, channel, outcome, told_at)!
-- What became of telling somebody.
INSERT INTO tellings (job_id, page_id, staff_id, step, channel, outcome, told_at)
VALUES (:job_id, :page_id, :staff_id, :step, :channel, :outcome, :told_at) ON CONFLICT DO NOTHING;

-- name: tellings(page_id)
-- Who was told of a page.
SELECT staff_id, step, channel, outcome, told_at FROM tellings WHERE page_id = :page_id ORDER BY told_at;
