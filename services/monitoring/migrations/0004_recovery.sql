-- migrate:up
-- Aldrete and PADSS as staff scored them, and what the vital signs of that moment said.
CREATE TABLE recovery_scores (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions,
    scale text NOT NULL,
    components jsonb NOT NULL,
    computed jsonb NOT NULL,
    total integer NOT NULL,
    table_version text NOT NULL,
    scored_by text NOT NULL,
    scored_at timestamptz NOT NULL
);
CREATE INDEX recovery_scores_of_session ON recovery_scores (session_id, id);

-- C-SSRS since the last contact. Answers stay here: no event carries them.
CREATE TABLE rescreens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions,
    level text NOT NULL,
    answers jsonb,
    reason text NOT NULL,
    table_version text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    signed_by text,
    signed_at timestamptz
);
CREATE INDEX rescreens_of_session ON rescreens (session_id, id);

-- A provider's order for how long a patient stays at least.
CREATE TABLE minimum_recoveries (
    session_id uuid PRIMARY KEY REFERENCES sessions,
    least_minutes integer NOT NULL,
    reason text NOT NULL,
    ordered_by text NOT NULL,
    ordered_at timestamptz NOT NULL
);

-- Calls to somebody who went home; done once somebody was reached.
CREATE TABLE follow_up_calls (
    session_id uuid NOT NULL REFERENCES sessions,
    number integer NOT NULL,
    after_leaving text NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    reached boolean NOT NULL DEFAULT false,
    note text NOT NULL DEFAULT '',
    called_by text,
    called_at timestamptz,
    PRIMARY KEY (session_id, number)
);
CREATE INDEX follow_up_calls_open ON follow_up_calls (due_at) WHERE NOT reached;

-- migrate:down
