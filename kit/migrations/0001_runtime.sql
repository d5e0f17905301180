-- migrate:up
CREATE SCHEMA kit;

-- What this service says, in the order it was decided; the relay publishes it.
CREATE TABLE kit.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    sequence bigint NOT NULL,
    type text NOT NULL,
    time timestamptz NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid,
    traceparent text,
    payload text NOT NULL,
    written_at timestamptz NOT NULL,
    published_at timestamptz
);
CREATE INDEX outbox_waiting ON kit.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON kit.outbox USING brin (published_at);

-- The last sequence number drawn per topic and key; its row lock orders the writers of a key.
CREATE TABLE kit.outbox_sequences (
    topic text NOT NULL,
    key text NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (topic, key)
);

-- Which events were handled: the only judge of a duplicate.
CREATE TABLE kit.inbox (
    event_id uuid PRIMARY KEY,
    topic text NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX inbox_received ON kit.inbox USING brin (received_at);

-- The last sequence number seen per topic and key: it shows gaps and steps back, and decides nothing.
CREATE TABLE kit.sequences_seen (
    topic text NOT NULL,
    key text NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (topic, key)
);

-- How far each partition was handled, written with the batch's state. `stalls` counts assignments without progress.
CREATE TABLE kit.positions (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    stalls integer NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);

CREATE TABLE kit.dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key text NOT NULL,
    event_id uuid,
    type text,
    source text,
    headers jsonb NOT NULL,
    payload bytea,
    error text NOT NULL,
    waits_behind boolean NOT NULL DEFAULT false,
    state text NOT NULL CHECK (state IN ('parked', 'set aside', 'redriving', 'handled', 'discarded')),
    arrived_at timestamptz NOT NULL,
    settled_at timestamptz,
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX dead_letters_open ON kit.dead_letters (topic, key, id) WHERE state IN ('parked', 'set aside', 'redriving');

-- Keys whose later events wait behind a dead letter.
CREATE TABLE kit.parked_keys (
    topic text NOT NULL,
    key text NOT NULL,
    redriving boolean NOT NULL DEFAULT false,
    PRIMARY KEY (topic, key)
);

-- How often an event killed its handler.
CREATE TABLE kit.strikes (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);

CREATE TABLE kit.timers (
    name text NOT NULL,
    key text NOT NULL,
    due_at timestamptz NOT NULL,
    payload jsonb NOT NULL,
    correlation_id uuid NOT NULL,
    traceparent text,
    awaits jsonb,
    waiting_since timestamptz,
    not_before timestamptz,
    strikes integer NOT NULL DEFAULT 0,
    PRIMARY KEY (name, key)
);
CREATE INDEX timers_due ON kit.timers (due_at, key);

CREATE TABLE kit.jobs (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    payload jsonb NOT NULL,
    priority integer NOT NULL,
    due_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    unknown_outcomes integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    last_error text,
    correlation_id uuid NOT NULL,
    causation_id uuid,
    traceparent text,
    finished_at timestamptz
);
CREATE INDEX jobs_waiting ON kit.jobs (priority DESC, due_at) WHERE state = 'waiting';
CREATE INDEX jobs_running ON kit.jobs (lease_until) WHERE state = 'running';

-- Answers already given, by idempotency key: a command that comes twice is done once.
CREATE TABLE kit.idempotency (
    key uuid PRIMARY KEY,
    fingerprint text NOT NULL,
    status integer NOT NULL,
    media_type text NOT NULL,
    body bytea NOT NULL,
    answered_at timestamptz NOT NULL
);
CREATE INDEX idempotency_answered ON kit.idempotency USING brin (answered_at);

-- Who did what to which record; `hash` chains the rows.
CREATE TABLE kit.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor text NOT NULL,
    action text NOT NULL,
    record text NOT NULL,
    reason text NOT NULL,
    done_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    hash text
);
CREATE INDEX audit_unchained ON kit.audit (id) WHERE hash IS NULL;

-- migrate:down
