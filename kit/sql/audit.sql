-- name: write(actors, actions, records, reasons, done_at, written_at)!
-- Write deeds down.
INSERT INTO kit.audit (actor, action, record, reason, done_at, written_at)
SELECT actor, action, record, reason, :done_at, :written_at
FROM unnest(:actors::text[], :actions::text[], :records::text[], :reasons::text[]) AS t (actor, action, record, reason);

-- name: alone()!
-- One chainer at a time.
SELECT pg_advisory_xact_lock(3098);

-- name: last_hash()$
-- Where the chain ends.
SELECT hash FROM kit.audit WHERE hash IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: unchained(most)
-- Deeds not chained yet.
SELECT id, actor, action, record, reason, done_at FROM kit.audit WHERE hash IS NULL ORDER BY id LIMIT :most;

-- name: bind(id, hash)!
-- Chain one deed.
UPDATE kit.audit SET hash = :hash WHERE id = :id;

-- name: chained()
-- The chain, from its beginning.
SELECT id, actor, action, record, reason, done_at, hash FROM kit.audit WHERE hash IS NOT NULL ORDER BY id;
