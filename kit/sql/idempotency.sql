-- name: alone(key)$
-- Whether nobody else is at work under this key; it is ours until this transaction ends.
SELECT pg_try_advisory_xact_lock(hashtextextended(:key::text, 0));

-- name: answer(key)^
-- What was answered under a key.
SELECT fingerprint, status, media_type, body FROM kit.idempotency WHERE key = :key;

-- name: keep(key, fingerprint, status, media_type, body, answered_at)!
-- Keep an answer.
INSERT INTO kit.idempotency (key, fingerprint, status, media_type, body, answered_at)
VALUES (:key, :fingerprint, :status, :media_type, :body, :answered_at);

-- name: prune(answered_before)!
-- Forget old answers.
DELETE FROM kit.idempotency WHERE answered_at < :answered_before;
