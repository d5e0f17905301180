-- name: put(topic, partition, offset, key, event_id, type, source, headers, payload, error, waits_behind, state, arrived_at)^
-- Keep a record that could not be handled, or that waits behind one.
INSERT INTO kit.dead_letters (topic, partition, "offset", key, event_id, type, source, headers, payload, error, waits_behind, state, arrived_at)
VALUES (:topic, :partition, :offset, :key, :event_id, :type, :source, :headers::jsonb, :payload, :error, :waits_behind, :state, :arrived_at)
ON CONFLICT (topic, partition, "offset") DO NOTHING RETURNING id;

-- name: park(topic, key)!
-- Make later events of a key wait.
INSERT INTO kit.parked_keys (topic, key) VALUES (:topic, :key) ON CONFLICT DO NOTHING;

-- name: parked(topic, keys)
-- Which of these keys wait, holding them still until this transaction ends.
SELECT key FROM kit.parked_keys WHERE topic = :topic AND key = ANY(:keys::text[]) ORDER BY key FOR UPDATE;

-- name: hold(topic, key)^
-- Hold one parked key.
SELECT key FROM kit.parked_keys WHERE topic = :topic AND key = :key FOR UPDATE;

-- name: release(topic, key)!
-- Let the events of a key pass again.
DELETE FROM kit.parked_keys WHERE topic = :topic AND key = :key;

-- name: halt(topic, key)!
-- Stop a redrive that met a letter which still cannot be handled.
UPDATE kit.parked_keys SET redriving = false WHERE topic = :topic AND key = :key;

-- name: redriving_keys()
-- Parked keys that somebody asked to redrive.
SELECT topic, key FROM kit.parked_keys WHERE redriving ORDER BY topic, key;

-- name: redriving_letters()
-- Letters set aside that somebody asked to redrive.
SELECT id FROM kit.dead_letters WHERE state = 'redriving' ORDER BY id;

-- name: first_of_key(topic, key)^
-- The letter of a parked key whose turn it is.
SELECT id, topic, partition, "offset", key, event_id, type, source, headers, payload, error, waits_behind, state, arrived_at
FROM kit.dead_letters WHERE topic = :topic AND key = :key AND state = 'parked' ORDER BY partition, "offset" LIMIT 1 FOR UPDATE;

-- name: take(id)^
-- One letter, held.
SELECT id, topic, partition, "offset", key, event_id, type, source, headers, payload, error, waits_behind, state, arrived_at
FROM kit.dead_letters WHERE id = :id FOR UPDATE;

-- name: look(id)^
-- One letter, to be read.
SELECT id, topic, partition, "offset", key, event_id, type, source, headers, payload, error, waits_behind, state, arrived_at
FROM kit.dead_letters WHERE id = :id;

-- name: letters(topic, everything)
-- Letters for a person to read, open ones unless all are asked for.
SELECT id, topic, partition, "offset", key, event_id, type, source, headers, payload, error, waits_behind, state, arrived_at
FROM kit.dead_letters
WHERE (:topic::text IS NULL OR topic = :topic) AND (:everything::bool OR state IN ('parked', 'set aside', 'redriving'))
ORDER BY id LIMIT 1000;

-- name: settle(id, state, error, settled_at)!
-- Note what became of a letter.
UPDATE kit.dead_letters SET state = :state, error = :error, settled_at = :settled_at WHERE id = :id;

-- name: ask_keys(topic, key)
-- Ask for a redrive of parked keys.
UPDATE kit.parked_keys SET redriving = true
WHERE (:topic::text IS NULL OR topic = :topic) AND (:key::text IS NULL OR key = :key) RETURNING topic, key;

-- name: ask_letters(topic, key, id)
-- Ask for a redrive of letters set aside.
UPDATE kit.dead_letters SET state = 'redriving'
WHERE state = 'set aside' AND (:topic::text IS NULL OR topic = :topic) AND (:key::text IS NULL OR key = :key)
  AND (:id::bigint IS NULL OR id = :id) RETURNING id;

-- name: open_by_topic()
-- Open letters by topic.
SELECT topic, count(*) AS letters FROM kit.dead_letters WHERE state IN ('parked', 'set aside', 'redriving') GROUP BY topic;

-- name: prune(settled_before)!
-- Forget settled letters older than this.
DELETE FROM kit.dead_letters WHERE state IN ('handled', 'discarded') AND settled_at < :settled_before;
