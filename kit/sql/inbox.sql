-- name: receive(ids, topics, received_at)
-- Take events in; only those not handled before come back.
INSERT INTO kit.inbox (event_id, topic, received_at)
SELECT id, topic, :received_at FROM unnest(:ids::uuid[], :topics::text[]) AS t (id, topic)
ON CONFLICT (event_id) DO NOTHING RETURNING event_id;

-- name: notice(topics, keys, sequences)
-- Note the last sequence number of each topic and key, and say what it was before.
WITH given AS (
    SELECT topic, key, max(sequence) AS last FROM unnest(:topics::text[], :keys::text[], :sequences::bigint[]) AS t (topic, key, sequence)
    GROUP BY topic, key
), before AS (
    SELECT s.topic, s.key, s.last FROM kit.sequences_seen s JOIN given g ON s.topic = g.topic AND s.key = g.key
), noted AS (
    INSERT INTO kit.sequences_seen AS s (topic, key, last)
    SELECT topic, key, last FROM given ORDER BY topic, key
    ON CONFLICT (topic, key) DO UPDATE SET last = greatest(s.last, excluded.last)
    RETURNING 1
)
SELECT topic, key, last FROM before;

-- name: reach(topic, partition, next_offset)!
-- Note how far a partition was handled.
INSERT INTO kit.positions (topic, partition, next_offset) VALUES (:topic, :partition, :next_offset)
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, stalls = 0;

-- name: reach_all(topic, partitions, next_offsets)!
-- Note how far each of some partitions was handled, in order of partition.
INSERT INTO kit.positions (topic, partition, next_offset)
SELECT :topic, partition, next_offset FROM unnest(:partitions::int[], :next_offsets::bigint[]) AS t (partition, next_offset)
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, stalls = 0;

-- name: positions()
-- How far every partition was handled.
SELECT topic, partition, next_offset FROM kit.positions;

-- name: begin(topic, partition, next_offset)^
-- Take up a partition: where to read on, and how often it was taken up since it last moved.
INSERT INTO kit.positions AS p (topic, partition, next_offset) VALUES (:topic, :partition, :next_offset)
ON CONFLICT (topic, partition) DO UPDATE SET stalls = p.stalls + 1
RETURNING next_offset, stalls, EXISTS (
    SELECT 1 FROM kit.strikes s WHERE s.topic = p.topic AND s.partition = p.partition AND s."offset" >= p.next_offset
) AS struck;

-- name: rewind(topic, partition, next_offset)!
-- A topic was made anew: start where it starts.
UPDATE kit.positions SET next_offset = :next_offset, stalls = 0 WHERE topic = :topic AND partition = :partition;

-- name: strike(topic, partition, offset)$
-- Count that an event killed its handler.
INSERT INTO kit.strikes AS s (topic, partition, "offset", count) VALUES (:topic, :partition, :offset, 1)
ON CONFLICT (topic, partition, "offset") DO UPDATE SET count = s.count + 1
RETURNING count;

-- name: absolve(topic, partition, offset)!
-- Forget the strikes of an event that is settled.
DELETE FROM kit.strikes WHERE topic = :topic AND partition = :partition AND "offset" = :offset;

-- name: prune(topic, received_before)!
-- Forget events that their topic no longer holds.
DELETE FROM kit.inbox WHERE topic = :topic AND received_at < :received_before;
