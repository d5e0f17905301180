-- name: write(actors, actions, records, reasons, done_at, written_at)!
-- Write deeds down; the lock, shared with other writers and taken before an id is drawn, tells the chainer that we are at it.
WITH writing AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(3100))
INSERT INTO kit.audit (actor, action, record, reason, done_at, written_at)
SELECT actor, action, record, reason, :done_at, :written_at
FROM writing, unnest(:actors::text[], :actions::text[], :records::text[], :reasons::text[]) AS t (actor, action, record, reason);

-- name: settled()$
-- The last deed below which none can appear any more: waits for those who write, and holds nobody up after.
WITH nobody_writes AS MATERIALIZED (SELECT pg_advisory_xact_lock(3100))
SELECT last_value FROM nobody_writes, kit.audit_id_seq;

-- name: alone()!
-- One chainer at a time. (3098 is the relay's leader: held for as long as it leads, so not to be asked for here.)
SELECT pg_advisory_xact_lock(3099);

-- name: last_hash()$
-- Where the chain ends.
SELECT hash FROM kit.audit WHERE hash IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: unchained(settled, most)
-- Deeds not chained yet.
SELECT id, actor, action, record, reason, done_at FROM kit.audit WHERE hash IS NULL AND id <= :settled ORDER BY id LIMIT :most;

-- name: bind(ids, hashes)!
-- Chain deeds.
UPDATE kit.audit SET hash = t.hash FROM unnest(:ids::bigint[], :hashes::text[]) AS t (id, hash) WHERE kit.audit.id = t.id;

-- name: chained()
-- The chain, from its beginning.
SELECT id, actor, action, record, reason, done_at, hash FROM kit.audit WHERE hash IS NOT NULL ORDER BY id;
