-- name: readings(session_id, since)
-- A session's readings, oldest first.
SELECT measured_at, "values" FROM readings WHERE session_id = :session_id AND measured_at >= :since ORDER BY measured_at;

-- name: keep_readings(devices, times, codes, sessions, received, methods, lates, simulated, bodies, applied, taken_at, asides)
-- Keep readings; only those not known come back.
INSERT INTO readings (device_id, measured_at, codes, session_id, received_at, method, late, simulated, "values", applied, taken_at, set_aside)
SELECT d, m, c, s, r, k, l, t, b, a, CASE WHEN a IS NULL THEN NULL ELSE :taken_at::timestamptz END, x
FROM unnest(:devices::text[], :times::timestamptz[], :codes::text[], :sessions::uuid[], :received::timestamptz[],
            :methods::text[], :lates::bool[], :simulated::bool[], :bodies::jsonb[], :applied::bigint[], :asides::jsonb[])
    AS k (d, m, c, s, r, k, l, t, b, a, x)
ON CONFLICT DO NOTHING RETURNING device_id, measured_at, codes;

-- name: readings_taken(session_id, since, applied, upto)
-- What a session's engine took in after one arrival and up to another, measured since an instant.
SELECT device_id, measured_at, codes, method, "values", applied, taken_at FROM readings
WHERE session_id = :session_id AND measured_at >= :since AND applied > :applied AND applied <= :upto ORDER BY applied, measured_at;
