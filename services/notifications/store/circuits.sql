-- name: circuits(names)
-- How the ways to these receivers are.
SELECT circuit, failures, opened_at, probing_until FROM circuits WHERE circuit = ANY(:names::text[]);

-- name: all_circuits()
-- Every way that has failed lately.
SELECT circuit, failures, opened_at, probing_until FROM circuits ORDER BY circuit;

-- name: circuit_failed(circuit, failed_at, most)$
-- One more failure in a row; at the most it opens, and one that fails when it is tried again stays open for as long again.
INSERT INTO circuits AS c (circuit, failures, opened_at) VALUES (:circuit, 1, CASE WHEN :most::int <= 1 THEN :failed_at::timestamptz END)
ON CONFLICT (circuit) DO UPDATE SET failures = c.failures + 1, probing_until = NULL,
    opened_at = CASE WHEN c.failures + 1 >= :most::int THEN :failed_at::timestamptz END
RETURNING failures;

-- name: circuit_healed(circuit)!
-- It works: nothing is written where nothing was wrong.
DELETE FROM circuits WHERE circuit = :circuit;

-- name: probe_circuit(circuit, now, opened_before, probing_until)$
-- Be the one who tries it again first. Nothing when somebody else is.
UPDATE circuits SET probing_until = :probing_until WHERE circuit = (
    SELECT circuit FROM circuits WHERE circuit = :circuit AND opened_at <= :opened_before
        AND (probing_until IS NULL OR probing_until <= :now) FOR UPDATE SKIP LOCKED
) RETURNING circuit;
