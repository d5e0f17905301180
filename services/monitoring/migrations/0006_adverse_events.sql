-- migrate:up
-- Every version of what was said about an adverse event; the latest stands, the others stay.
CREATE TABLE adverse_events (
    adverse_event_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    session_id uuid NOT NULL REFERENCES sessions,
    patient_id uuid NOT NULL,
    body jsonb NOT NULL,
    session_phase text NOT NULL,
    catalogue_version text NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (adverse_event_id, version)
);
CREATE INDEX adverse_events_of_session ON adverse_events (session_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON adverse_events EXECUTE FUNCTION refuse_change();

CREATE TABLE sentinels (
    sentinel_id uuid PRIMARY KEY,
    trigger text NOT NULL,
    session_id uuid REFERENCES sessions,
    cause_id uuid NOT NULL,
    incident_case_due timestamptz NOT NULL,
    first_review_due timestamptz NOT NULL,
    analysis_due date,
    flagged_by text NOT NULL,
    flagged_at timestamptz NOT NULL,
    UNIQUE (trigger, cause_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sentinels EXECUTE FUNCTION refuse_change();

-- migrate:down
