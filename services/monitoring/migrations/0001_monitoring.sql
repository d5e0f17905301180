-- migrate:up
-- What other services said, the latest of each.
CREATE TABLE orders (
    order_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    dose_mg double precision NOT NULL,
    duration_minutes integer NOT NULL,
    signed_at timestamptz NOT NULL
);

CREATE TABLE screenings (
    patient_id uuid PRIMARY KEY,
    decision text NOT NULL,
    decided_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE consents (
    consent_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    version text NOT NULL,
    signed_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX consents_of_patient ON consents (patient_id);

CREATE TABLE sessions (
    session_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    appointment_id uuid NOT NULL UNIQUE,
    order_id uuid NOT NULL,
    chair integer NOT NULL,
    phase text NOT NULL,
    opened_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    duration_minutes integer,
    rate_percent integer NOT NULL DEFAULT 100,
    baseline jsonb NOT NULL DEFAULT '{}',
    engine jsonb NOT NULL DEFAULT '{}',
    latest jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX sessions_open ON sessions (chair) WHERE phase NOT IN ('DISCHARGED', 'CANCELLED');

-- Every move of a session, with who, why, and the vital signs of that moment.
CREATE TABLE moves (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions,
    move text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    vitals jsonb NOT NULL,
    moved_at timestamptz NOT NULL
);

CREATE TABLE attestations (
    session_id uuid NOT NULL REFERENCES sessions,
    fact text NOT NULL,
    met boolean NOT NULL,
    detail text NOT NULL,
    stated_by text NOT NULL,
    stated_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, fact)
);

-- Which device watches which session, and from when until when: one session a device at a time.
CREATE TABLE bindings (
    binding_id uuid PRIMARY KEY,
    device_id text NOT NULL,
    session_id uuid NOT NULL REFERENCES sessions,
    chair integer NOT NULL,
    bound_at timestamptz NOT NULL,
    released_at timestamptz
);
CREATE UNIQUE INDEX bindings_now ON bindings (device_id) WHERE released_at IS NULL;
CREATE INDEX bindings_of_device ON bindings (device_id, bound_at);

-- Every reading. Its key is its own inbox: the same reading comes in once, by whatever way.
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
    PRIMARY KEY (device_id, measured_at, codes)
);
CREATE INDEX readings_of_session ON readings (session_id, measured_at);

CREATE TABLE alarms (
    alarm_id uuid PRIMARY KEY,
    code text NOT NULL,
    session_id uuid,
    source text NOT NULL,
    chair integer,
    device_id text,
    priority text NOT NULL,
    confirmed boolean NOT NULL,
    count integer NOT NULL DEFAULT 1,
    raised_at timestamptz NOT NULL,
    acknowledged text,
    ended_at timestamptz
);
CREATE UNIQUE INDEX alarms_open ON alarms (source, code) WHERE ended_at IS NULL;
CREATE INDEX alarms_of_session ON alarms (session_id, raised_at);

CREATE TABLE answers (
    answer_id uuid NOT NULL,
    alarm_id uuid NOT NULL REFERENCES alarms,
    priority text NOT NULL,
    answered_by text NOT NULL,
    via text NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (answer_id, alarm_id)
);

-- migrate:down
