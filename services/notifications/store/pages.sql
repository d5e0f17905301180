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
