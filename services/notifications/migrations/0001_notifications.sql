-- migrate:up
-- The duty book, from what scheduling says.
CREATE TABLE staff (
    staff_id text PRIMARY KEY,
    role text NOT NULL
);
CREATE TABLE shifts (
    shift_id uuid PRIMARY KEY,
    staff_id text NOT NULL,
    role text NOT NULL,
    during tstzrange NOT NULL
);
CREATE INDEX shifts_during ON shifts USING gist (during);
CREATE TABLE chair_assignments (
    assignment_id uuid PRIMARY KEY,
    staff_id text NOT NULL,
    chair integer NOT NULL,
    during tstzrange NOT NULL
);
CREATE INDEX chair_assignments_during ON chair_assignments USING gist (during);

-- How each person is reached, the first channel first.
CREATE TABLE contacts (
    staff_id text PRIMARY KEY,
    channels jsonb NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE pages (
    page_id uuid PRIMARY KEY,
    subject text NOT NULL,
    source text NOT NULL,
    alarm_id uuid,
    signal_id uuid,
    session_id uuid,
    patient_id uuid,
    device_id text,
    chair integer,
    title text NOT NULL,
    priority text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'answered', 'closed')),
    step integer NOT NULL DEFAULT 0,
    count integer NOT NULL DEFAULT 1,
    opened_at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    answer_id uuid,
    answered_by text,
    answered_at timestamptz,
    closed_at timestamptz
);
CREATE UNIQUE INDEX pages_open ON pages (source) WHERE state <> 'closed';
CREATE INDEX pages_opened ON pages (opened_at);

CREATE TABLE tellings (
    job_id uuid PRIMARY KEY,
    page_id uuid NOT NULL REFERENCES pages,
    staff_id text NOT NULL,
    step integer NOT NULL,
    channel text NOT NULL,
    outcome text NOT NULL,
    told_at timestamptz NOT NULL
);
CREATE INDEX tellings_of_page ON tellings (page_id);

-- migrate:down
