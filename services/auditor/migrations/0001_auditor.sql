-- migrate:up
-- What is judged: an alarm or a page, and how far.
CREATE TABLE subjects (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('alarm', 'page')),
    key text NOT NULL,
    session_id uuid,
    device_id text,
    chair integer,
    title text NOT NULL DEFAULT '',
    said boolean NOT NULL DEFAULT false,
    high boolean NOT NULL DEFAULT false,
    stands_since timestamptz,
    judged_until timestamptz,
    next_at timestamptz
);
CREATE INDEX subjects_standing ON subjects (id) WHERE stands_since IS NOT NULL;

-- What was said about it, once an event.
CREATE TABLE facts (
    event_id uuid NOT NULL,
    about uuid NOT NULL,
    fact jsonb NOT NULL,
    PRIMARY KEY (about, event_id)
);

-- Which pages ever named which alarms.
CREATE TABLE named (
    page_id uuid NOT NULL,
    alarm_id uuid NOT NULL,
    PRIMARY KEY (page_id, alarm_id)
);
CREATE INDEX named_alarm ON named (alarm_id);

-- How each asking about a high alarm went.
CREATE TABLE audits (
    alarm_id uuid NOT NULL,
    begins timestamptz NOT NULL,
    priority text NOT NULL,
    told_after double precision,
    answered_after double precision,
    kept boolean NOT NULL,
    audited_at timestamptz NOT NULL,
    PRIMARY KEY (alarm_id, begins, priority)
);
CREATE INDEX audits_audited ON audits (audited_at);

CREATE TABLE faults (
    fault_id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE,
    source text NOT NULL,
    kind text NOT NULL,
    alarm_id uuid,
    page_id uuid,
    session_id uuid,
    device_id text,
    chair integer,
    title text NOT NULL,
    priority text NOT NULL,
    due_at timestamptz NOT NULL,
    found_at timestamptz NOT NULL,
    mended_at timestamptz,
    acknowledged_by text,
    acknowledged_at timestamptz,
    said_outside integer NOT NULL DEFAULT 0,
    asked_at timestamptz,
    not_said text
);
CREATE INDEX faults_open ON faults (source) WHERE mended_at IS NULL;
CREATE INDEX faults_found ON faults (found_at);

-- The last two proofs of life of each watcher.
CREATE TABLE beats (
    keeper text NOT NULL,
    kept_at timestamptz NOT NULL,
    said_at timestamptz NOT NULL,
    open_high uuid[] NOT NULL,
    PRIMARY KEY (keeper, kept_at, said_at)
);

-- When the auditor itself last beat, and since when it has without a gap, on the wall's clock.
CREATE TABLE listening (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since timestamptz NOT NULL,
    last timestamptz NOT NULL
);

-- migrate:down
