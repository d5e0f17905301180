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

-- name: people_of_number(by_text)
-- Whose number this is: channels that hold it.
SELECT staff_id FROM contacts WHERE channels @> :by_text::jsonb;

-- name: tellings(page_id)
-- Who was told of a page.
SELECT staff_id, step, channel, outcome, told_at FROM tellings WHERE page_id = :page_id ORDER BY told_at;
