-- migrate:up
-- Patients, as intake says; one row to hold while a message to them is decided.
CREATE TABLE patients (
    patient_id uuid PRIMARY KEY,
    zone text
);

-- How a patient may be messaged. Without a consent_id the channel is known and not used.
CREATE TABLE patient_channels (
    patient_id uuid NOT NULL REFERENCES patients,
    channel text NOT NULL CHECK (channel IN ('sms', 'email')),
    address text NOT NULL,
    consent_id uuid,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (patient_id, channel)
);
CREATE INDEX patient_channels_address ON patient_channels (channel, address);

-- Every consent and every withdrawal, for good.
CREATE TABLE messaging_consents (
    consent_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    channel text NOT NULL,
    given boolean NOT NULL,
    address text NOT NULL,
    text_shown text NOT NULL,
    version text NOT NULL,
    came_from text NOT NULL,
    via text NOT NULL,
    by_whom text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX messaging_consents_patient ON messaging_consents (patient_id, at);

CREATE TABLE patient_appointments (
    appointment_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('booked', 'cancelled', 'arrived', 'missed')),
    attendance text CHECK (attendance IN ('confirmed', 'declined')),
    preparation text CHECK (preparation IN ('confirmed', 'declined')),
    ride text CHECK (ride IN ('confirmed', 'declined'))
);
CREATE INDEX patient_appointments_patient ON patient_appointments (patient_id, starts_at);

-- Sessions whose patients went home.
CREATE TABLE patient_sessions (
    session_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    discharged_at timestamptz,
    reached boolean NOT NULL DEFAULT false,
    check_in text CHECK (check_in IN ('confirmed', 'declined'))
);

CREATE TABLE messages (
    message_id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    job_id uuid UNIQUE,
    patient_id uuid NOT NULL REFERENCES patients,
    kind text NOT NULL,
    channel text NOT NULL,
    appointment_id uuid,
    session_id uuid,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'failed', 'held', 'away')),
    queued_at timestamptz NOT NULL,
    link_until timestamptz NOT NULL
);
CREATE INDEX messages_patient ON messages (patient_id, queued_at);

-- What patients wrote: personal, shown only to those who may read it.
CREATE TABLE message_replies (
    reply_id uuid PRIMARY KEY,
    provider_id text NOT NULL UNIQUE,
    address text NOT NULL,
    text text NOT NULL,
    answer text,
    heard_at timestamptz NOT NULL
);

CREATE TABLE tasks (
    task_id uuid PRIMARY KEY,
    source text NOT NULL,
    kind text NOT NULL,
    why text NOT NULL,
    patient_id uuid,
    appointment_id uuid,
    session_id uuid,
    reply_id uuid REFERENCES message_replies,
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    done_by text,
    done_what text
);
CREATE UNIQUE INDEX tasks_open ON tasks (source) WHERE done_at IS NULL;
CREATE INDEX tasks_source ON tasks (source);
CREATE INDEX tasks_due ON tasks (due_at);

-- migrate:down
