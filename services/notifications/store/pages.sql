-- name: open_page(page_id, subject, source, signal_id, session_id, patient_id, device_id, chair, title, priority, alarm_id, opened_at)^
-- Somebody has to be told; a source that has a page counts up, and that page is held.
INSERT INTO pages AS p (page_id, subject, source, signal_id, session_id, patient_id, device_id, chair, title, priority, alarm_id, state,
                        opened_at, since)
VALUES (:page_id, :subject, :source, :signal_id, :session_id, :patient_id, :device_id, :chair, :title, :priority, :alarm_id, 'open',
        :opened_at, :opened_at)
ON CONFLICT (source) WHERE state <> 'closed' DO UPDATE SET count = p.count + 1
RETURNING *;

-- name: hold_page(page_id)^
-- One page, held.
SELECT * FROM pages WHERE page_id = :page_id FOR UPDATE;

-- name: hold_page_of(source)^
-- The page that asks about a source, held.
SELECT p.* FROM pages p JOIN page_items i USING (page_id) WHERE i.source = :source AND NOT i.ended FOR UPDATE OF p;

-- name: see_page(page_id)^
-- One page, to be read.
SELECT * FROM pages WHERE page_id = :page_id;

-- name: see_pages(everything)
-- Pages, newest first; those not closed unless all are asked for.
SELECT * FROM pages WHERE :everything::bool OR state <> 'closed' ORDER BY opened_at DESC LIMIT 500;

-- name: keep_page(page_id, title, priority, state, step, since, asking, told, answer_id, answered_by, answered_at, closed_at, resolved_by, resolution)!
-- Keep what changed of a page.
UPDATE pages SET title = :title, priority = :priority, state = :state, step = :step, since = :since, asking = :asking, told = :told,
    answer_id = :answer_id, answered_by = :answered_by, answered_at = :answered_at, closed_at = :closed_at, resolved_by = :resolved_by,
    resolution = :resolution
WHERE page_id = :page_id;

-- name: items(page_id)
-- What a page asks about.
SELECT source, alarm_id, code, title, priority, since, told, answer_id, answered_by, answered_at, ended
FROM page_items WHERE page_id = :page_id;

-- name: keep_items(page_id, sources, alarm_ids, codes, titles, priorities, sinces, tolds, answer_ids, answered_bys, answered_ats, endeds)!
-- Keep what a page asks about.
INSERT INTO page_items (page_id, source, alarm_id, code, title, priority, since, told, answer_id, answered_by, answered_at, ended)
SELECT :page_id, * FROM unnest(:sources::text[], :alarm_ids::uuid[], :codes::text[], :titles::text[], :priorities::text[],
    :sinces::timestamptz[], :tolds::bool[], :answer_ids::uuid[], :answered_bys::text[], :answered_ats::timestamptz[], :endeds::bool[])
ON CONFLICT (page_id, source) DO UPDATE SET code = excluded.code, title = excluded.title, priority = excluded.priority,
    told = excluded.told, answer_id = excluded.answer_id, answered_by = excluded.answered_by, answered_at = excluded.answered_at,
    ended = excluded.ended;

-- name: note_answer(answer_id, page_id, staff_id, what, via, came_from, alarms, answered_at)!
-- Somebody answered or declined.
INSERT INTO answers (answer_id, page_id, staff_id, what, via, came_from, alarms, answered_at)
VALUES (:answer_id, :page_id, :staff_id, :what, :via, :came_from, :alarms::jsonb, :answered_at);

-- name: answers(page_id)
-- Who answered or declined.
SELECT answer_id, staff_id, what, via, came_from, answered_at FROM answers WHERE page_id = :page_id ORDER BY answered_at;

-- name: given_here(answer_id)$
-- Whether an answer was given to us, whatever became of it since.
SELECT EXISTS (SELECT 1 FROM answers WHERE answer_id = :answer_id);

-- name: paging()^
-- How many pages nobody has answered, and the high alarms that are in hand.
SELECT (SELECT count(*) FROM pages WHERE state = 'open') AS open,
       array(SELECT i.alarm_id FROM page_items i WHERE NOT i.ended AND i.alarm_id IS NOT NULL AND i.priority IN ('high', 'emergency')
             ORDER BY i.since) AS open_high;
