-- name: meet(ids, kinds, keys, sessions, devices, chairs, titles, said, high)!
-- Alarms and pages are heard of: what was known of them stays, what is new is added.
INSERT INTO subjects AS s (id, kind, key, session_id, device_id, chair, title, said, high)
SELECT * FROM unnest(:ids::uuid[], :kinds::text[], :keys::text[], :sessions::uuid[], :devices::text[], :chairs::int[], :titles::text[],
                     :said::bool[], :high::bool[])
ON CONFLICT (id) DO UPDATE SET
    session_id = coalesce(excluded.session_id, s.session_id), device_id = coalesce(excluded.device_id, s.device_id),
    chair = coalesce(excluded.chair, s.chair), title = CASE WHEN excluded.title = '' THEN s.title ELSE excluded.title END,
    said = s.said OR excluded.said, high = s.high OR excluded.high;

-- name: hold(ids)
-- Those of them that are judged, held, always in one order: high alarms, their pages, and pages that never opened.
SELECT * FROM subjects WHERE id = ANY(:ids::uuid[]) AND (high OR (kind = 'page' AND NOT said)) ORDER BY id FOR UPDATE;

-- name: keep(id, stands_since, judged_until, next_at)!
-- Keep what was judged.
UPDATE subjects SET stands_since = :stands_since, judged_until = :judged_until, next_at = :next_at WHERE id = :id;

-- name: standing()
-- High alarms that stand, and since when.
SELECT id, stands_since FROM subjects WHERE stands_since IS NOT NULL;

-- name: see(id)^
-- One of them, to be read.
SELECT * FROM subjects WHERE id = :id;

-- name: said_of(ids)
-- Which of these alarms were said.
SELECT id FROM subjects WHERE id = ANY(:ids::uuid[]) AND said;

-- name: said_on(page_id)
-- Which of the alarms that a page ever named were said.
SELECT s.id FROM named n JOIN subjects s ON s.id = n.alarm_id WHERE n.page_id = :page_id AND s.said;

-- name: note(events, about, facts)!
-- Something was said about them.
INSERT INTO facts (event_id, about, fact) SELECT * FROM unnest(:events::uuid[], :about::uuid[], :facts::jsonb[]) ON CONFLICT DO NOTHING;

-- name: name_alarms(pages, alarms)!
-- Pages name alarms.
INSERT INTO named (page_id, alarm_id) SELECT * FROM unnest(:pages::uuid[], :alarms::uuid[]) ON CONFLICT DO NOTHING;

-- name: named_by(page_id)
-- The alarms that a page ever named.
SELECT alarm_id FROM named WHERE page_id = :page_id ORDER BY alarm_id;

-- name: beside(ids)
-- The alarms that these pages ever named, and the pages that ever named these alarms.
SELECT alarm_id AS id FROM named WHERE page_id = ANY(:ids::uuid[])
UNION SELECT page_id FROM named WHERE alarm_id = ANY(:ids::uuid[]);

-- name: facts_of_alarm(alarm_id)
-- Everything said about an alarm, also on the pages that named it.
SELECT fact FROM facts WHERE about IN (SELECT page_id FROM named WHERE alarm_id = :alarm_id UNION ALL SELECT :alarm_id);

-- name: facts_of_page(page_id)
-- Everything said about a page.
SELECT fact FROM facts WHERE about = :page_id;

-- name: forget_facts(about)!
-- What was said about it may go: its topics have forgotten it too.
DELETE FROM facts WHERE about = :about;

-- name: forget_named(about)!
-- So may who named whom.
DELETE FROM named WHERE page_id = :about OR alarm_id = :about;

-- name: forget(about)!
-- And so may it.
DELETE FROM subjects WHERE id = :about;
