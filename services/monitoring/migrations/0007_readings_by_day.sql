-- migrate:up
-- Readings by the day they were measured, in UTC: a query by time reads few pages, and what is past retention goes as a whole.
-- Days are made and dropped by the service (kit/partitions.py), which has the clock. Until then every row lies in the default
-- partition; rows of a day move into its partition when that is made.
ALTER TABLE readings RENAME TO readings_before;
ALTER TABLE readings_before RENAME CONSTRAINT readings_pkey TO readings_before_pkey;
ALTER INDEX readings_of_session RENAME TO readings_before_of_session;

CREATE TABLE readings (
    device_id text NOT NULL,
    measured_at timestamptz NOT NULL,
    codes text NOT NULL,
    session_id uuid,
    received_at timestamptz NOT NULL,
    method text NOT NULL,
    late boolean NOT NULL,
    simulated boolean NOT NULL,
    "values" jsonb NOT NULL,
    applied bigint,
    taken_at timestamptz,
    set_aside jsonb,
    PRIMARY KEY (device_id, measured_at, codes)
) PARTITION BY RANGE (measured_at);
CREATE INDEX readings_of_session ON readings (session_id, measured_at);
COMMENT ON COLUMN readings.applied IS 'The order in which it was taken into its session''s alarm engine; null when it was not.';
COMMENT ON COLUMN readings.set_aside IS 'By code, why a value was not judged: implausible, unknown code, clock ahead; null when all were.';

CREATE TABLE readings_default PARTITION OF readings DEFAULT;

INSERT INTO readings (device_id, measured_at, codes, session_id, received_at, method, late, simulated, "values", applied, taken_at, set_aside)
SELECT device_id, measured_at, codes, session_id, received_at, method, late, simulated, "values", applied, taken_at, set_aside FROM readings_before;

DROP TABLE readings_before;

-- migrate:down
