-- name: readings(session_id, since)
-- A session's readings, oldest first.
SELECT measured_at, "values" FROM readings WHERE session_id = :session_id AND measured_at >= :since ORDER BY measured_at;

-- name: keep_readings(devices, times, codes, sessions, received, methods, lates, simulated, bodies)
-- Keep readings; only those not known come back.
INSERT INTO readings (device_id, measured_at, codes, session_id, received_at, method, late, simulated, "values")
SELECT * FROM unnest(:devices::text[], :times::timestamptz[], :codes::text[], :sessions::uuid[], :received::timestamptz[],
                     :methods::text[], :lates::bool[], :simulated::bool[], :bodies::jsonb[])
ON CONFLICT DO NOTHING RETURNING device_id, measured_at, codes;
