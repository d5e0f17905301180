-- name: meet(id, kind, key)!
-- An alarm or a page is heard of.
INSERT INTO subjects (id, kind, key) VALUES (:id, :kind, :key) ON CONFLICT (id) DO NOTHING;

-- name: hold(id)^
-- One of them, held.
SELECT * FROM subjects WHERE id = :id FOR UPDATE;

-- name: keep(id, key, session_id, device_id, chair, title, said, high, stands_since, judged_until, next_at)!
-- Keep what changed of it.
UPDATE subjects SET key = :key, session_id = :session_id, device_id = :device_id, chair = :chair, title = :title, said = :said,
    high = :high, stands_since = :stands_since, judged_until = :judged_until, next_at = :next_at
WHERE id = :id;

-- name: standing()
-- High alarms that stand, and since when.
SELECT id, stands_since FROM subjects WHERE stands_since IS NOT NULL;

-- name: said_of(ids)
-- Which of these alarms were said.
SELECT id FROM subjects WHERE id = ANY(:ids::uuid[]) AND said;

-- name: note_fact(event_id, about, fact)!
-- Something was said about it.
INSERT INTO facts (event_id, about, fact) VALUES (:event_id, :about, :fact::jsonb) ON CONFLICT DO NOTHING;

-- name: name_alarms(page_id, alarm_ids)!
-- A page names alarms.
INSERT INTO named (page_id, alarm_id) SELECT :page_id, unnest(:alarm_ids::uuid[]) ON CONFLICT DO NOTHING;

-- name: named_by(page_id)
-- The alarms that a page ever named.
SELECT alarm_id FROM named WHERE page_id = :page_id ORDER BY alarm_id;

-- name: naming(alarm_id)
-- The pages that ever named an alarm.
SELECT page_id FROM named WHERE alarm_id = :alarm_id ORDER BY page_id;

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
