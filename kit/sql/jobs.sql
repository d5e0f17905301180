-- name: defer(ids, names, payloads, priorities, due_ats, correlations, causations, traces)!
-- Put jobs in the queue and hint to the workers.
WITH deferred AS (
    INSERT INTO kit.jobs (id, name, payload, priority, due_at, state, correlation_id, causation_id, traceparent)
    SELECT id, name, payload, priority, due_at, 'waiting', correlation_id, causation_id, traceparent
    FROM unnest(:ids::uuid[], :names::text[], :payloads::jsonb[], :priorities::int[], :due_ats::timestamptz[],
                :correlations::uuid[], :causations::uuid[], :traces::text[])
        AS j (id, name, payload, priority, due_at, correlation_id, causation_id, traceparent)
    RETURNING 1
)
SELECT pg_notify('kit_jobs', '') FROM (SELECT count(*) FROM deferred) AS d;

-- name: claim(names, least, most, now, lease_until, places)
-- Take the most urgent jobs of a lane that are due, and note each attempt before it is made.
UPDATE kit.jobs SET state = 'running', attempts = attempts + 1, lease_until = :lease_until
WHERE id = ANY(ARRAY(
    SELECT id FROM kit.jobs
    WHERE state = 'waiting' AND due_at <= :now AND priority BETWEEN :least AND :most AND name = ANY(:names::text[])
    ORDER BY priority DESC, due_at FOR UPDATE SKIP LOCKED LIMIT :places
)) RETURNING id, name, payload, priority, attempts, unknown_outcomes, due_at, correlation_id, causation_id, traceparent;

-- name: reclaim(wall_now)
-- Give back the jobs whose worker died in the middle: their outcome is unknown, so they are tried again.
UPDATE kit.jobs SET state = 'waiting', unknown_outcomes = unknown_outcomes + 1, lease_until = NULL, last_error = 'the worker died in the middle'
WHERE state = 'running' AND lease_until < :wall_now RETURNING id, name;

-- name: finish(id, attempt, state, error, finished_at)$
-- Settle a job; nothing happens when another worker has taken it since.
UPDATE kit.jobs SET state = :state, last_error = :error, finished_at = :finished_at, lease_until = NULL
WHERE id = :id AND state = 'running' AND attempts = :attempt RETURNING id;

-- name: again(id, attempt, due_at, error, unknown)!
-- Put a job back for its next attempt.
UPDATE kit.jobs SET state = 'waiting', due_at = :due_at, last_error = :error, lease_until = NULL, unknown_outcomes = unknown_outcomes + :unknown
WHERE id = :id AND state = 'running' AND attempts = :attempt;

-- name: next_due(names, least, most)$
-- When the next job of these priorities is due.
SELECT min(due_at) FROM kit.jobs WHERE state = 'waiting' AND priority BETWEEN :least AND :most AND name = ANY(:names::text[]);

-- name: prune(finished_before)!
-- Forget finished jobs older than this.
DELETE FROM kit.jobs WHERE state IN ('done', 'failed') AND finished_at < :finished_before;
