-- name: number(topics, keys, counts)
-- Lock the sequence row of each topic and key, in order, and draw numbers from it.
INSERT INTO kit.outbox_sequences AS s (topic, key, last)
SELECT topic, key, count
FROM unnest(:topics::text[], :keys::text[], :counts::bigint[]) AS t (topic, key, count)
ORDER BY topic, key
ON CONFLICT (topic, key) DO UPDATE SET last = s.last + excluded.last
RETURNING s.topic, s.key, s.last;

-- name: write(event_ids, topics, keys, sequences, types, times, correlations, causations, traces, payloads, written_at)!
-- Write what was emitted, in the order it was emitted, and hint to the relay.
WITH written AS (
    INSERT INTO kit.outbox (event_id, topic, key, sequence, type, time, correlation_id, causation_id, traceparent, payload, written_at)
    SELECT e.event_id, e.topic, e.key, e.sequence, e.type, e.time, e.correlation_id, e.causation_id, e.traceparent, e.payload, :written_at
    FROM unnest(
        :event_ids::uuid[], :topics::text[], :keys::text[], :sequences::bigint[], :types::text[], :times::timestamptz[],
        :correlations::uuid[], :causations::uuid[], :traces::text[], :payloads::text[]
    ) WITH ORDINALITY AS e (event_id, topic, key, sequence, type, time, correlation_id, causation_id, traceparent, payload, place)
    ORDER BY e.place
    RETURNING 1
)
SELECT pg_notify('kit_outbox', '') FROM (SELECT count(*) FROM written) AS w;

-- name: waiting(most)
-- The next rows to publish, oldest first.
SELECT id, event_id, topic, key, sequence, type, time, correlation_id, causation_id, traceparent, payload
FROM kit.outbox WHERE published_at IS NULL ORDER BY id LIMIT :most;

-- name: mark(ids, published_at)!
-- Note that rows were acknowledged by the broker.
UPDATE kit.outbox SET published_at = :published_at WHERE id = ANY(:ids::bigint[]);

-- name: oldest()^
-- How many rows wait, the first of them, and since when.
SELECT count(*) AS waiting, min(id) AS first, min(written_at) AS since FROM kit.outbox WHERE published_at IS NULL;

-- name: lead(lock)$
-- Try to become the relay's leader; the lock lives as long as this connection.
SELECT pg_try_advisory_lock(:lock);

-- name: unseat(lock)$
-- End the connection of a leader that stands still.
SELECT count(pg_terminate_backend(pid)) FROM pg_locks
WHERE locktype = 'advisory' AND classid = 0 AND objid = :lock AND objsubid = 1 AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- name: prune(published_before, most)!
-- Forget published rows older than this.
DELETE FROM kit.outbox WHERE id IN (
    SELECT id FROM kit.outbox WHERE published_at < :published_before ORDER BY published_at LIMIT :most
);
