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

-- name: note_telling(job_id, page_id, staff_id, step, channel, outcome, told_at)!
-- What became of telling somebody.
INSERT INTO tellings (job_id, page_id, staff_id, step, channel, outcome, told_at)
VALUES (:job_id, :page_id, :staff_id, :step, :channel, :outcome, :told_at) ON CONFLICT DO NOTHING;

-- name: tellings(page_id)
-- Who was told of a page.
SELECT staff_id, step, channel, outcome, told_at FROM tellings WHERE page_id = :page_id ORDER BY told_at;
