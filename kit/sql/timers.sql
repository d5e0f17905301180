-- name: arm(names, keys, due_ats, priorities, payloads, correlations, traces)!
-- Arm timers; one already armed under the name and key is moved.
WITH armed AS (
    INSERT INTO kit.timers AS t (name, key, due_at, priority, payload, correlation_id, traceparent)
    SELECT * FROM unnest(:names::text[], :keys::text[], :due_ats::timestamptz[], :priorities::int[], :payloads::jsonb[],
                         :correlations::uuid[], :traces::text[])
        AS a (name, key, due_at, priority, payload, correlation_id, traceparent)
    ORDER BY name, key
    ON CONFLICT (name, key) DO UPDATE SET
        due_at = excluded.due_at, priority = excluded.priority, payload = excluded.payload, correlation_id = excluded.correlation_id,
        traceparent = excluded.traceparent, awaits = NULL, waiting_since = NULL, not_before = NULL, strikes = 0
    RETURNING 1
)
SELECT pg_notify('kit_timers', '') FROM (SELECT count(*) FROM armed) AS a;

-- name: disarm(names, keys)!
-- Disarm timers; those not armed are no matter.
DELETE FROM kit.timers t USING unnest(:names::text[], :keys::text[]) AS d (name, key) WHERE t.name = d.name AND t.key = d.key;

-- name: next_due(wall_now)^
-- When the next timer is due on the domain clock, and whether any waits for reading or for its next try.
SELECT min(due_at) FILTER (WHERE awaits IS NULL AND (not_before IS NULL OR not_before <= :wall_now)) AS due_at,
       count(*) FILTER (WHERE awaits IS NOT NULL OR not_before > :wall_now) AS waiting
FROM kit.timers;

-- name: due(now, wall_now, most)
-- Timers that are due, the most urgent first, then the first due, without taking them.
SELECT name, key, due_at, awaits, waiting_since FROM kit.timers
WHERE due_at <= :now AND (not_before IS NULL OR not_before <= :wall_now)
ORDER BY priority DESC, due_at, key LIMIT :most;

-- name: note_ends(name, key, due_at, awaits, waiting_since)!
-- Note the offsets that must be read before a timer is judged.
UPDATE kit.timers SET awaits = :awaits::jsonb, waiting_since = :waiting_since
WHERE name = :name AND key = :key AND due_at = :due_at AND awaits IS NULL;

-- name: claim(name, key, due_at)^
-- Take one due timer, unless another replica has it or it was moved.
DELETE FROM kit.timers WHERE (name, key) IN (
    SELECT name, key FROM kit.timers WHERE name = :name AND key = :key AND due_at = :due_at FOR UPDATE SKIP LOCKED
) RETURNING payload, correlation_id, traceparent;

-- name: strike(name, key, due_at, not_before)!
-- A timer killed its handler: count it and try again later.
UPDATE kit.timers SET strikes = strikes + 1, not_before = :not_before WHERE name = :name AND key = :key AND due_at = :due_at;
