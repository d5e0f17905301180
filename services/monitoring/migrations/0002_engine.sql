-- migrate:up
-- What the alarm engine was told besides readings, in the order of arrival: the flight recorder plays it again.
CREATE TABLE inputs (
    session_id uuid NOT NULL REFERENCES sessions,
    applied bigint NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    taken_at timestamptz NOT NULL,
    body jsonb NOT NULL
);
CREATE INDEX inputs_of_session ON inputs (session_id, applied);

-- The engine's conditions at an instant, so that a late reading need not fold a whole session again.
CREATE TABLE checkpoints (
    session_id uuid NOT NULL REFERENCES sessions,
    at double precision NOT NULL,
    applied bigint NOT NULL,
    state jsonb NOT NULL,
    PRIMARY KEY (session_id, at)
);

-- Limits of one patient, with who wrote them, why and until when.
CREATE TABLE patient_limits (
    limit_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    alarm text NOT NULL,
    priority text NOT NULL,
    marks jsonb NOT NULL,
    author text NOT NULL,
    reason text NOT NULL,
    written_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text
);
CREATE INDEX patient_limits_of ON patient_limits (patient_id, written_at);

-- The order of arrival in a session's engine, and when; why a value was not judged.
ALTER TABLE readings ADD COLUMN applied bigint, ADD COLUMN taken_at timestamptz, ADD COLUMN set_aside jsonb;

ALTER TABLE alarms
    ADD COLUMN cause text,
    ADD COLUMN title text NOT NULL DEFAULT '',
    ADD COLUMN advice text NOT NULL DEFAULT '',
    ADD COLUMN detail text NOT NULL DEFAULT '',
    ADD COLUMN highest text,
    ADD COLUMN late boolean NOT NULL DEFAULT false,
    ADD COLUMN limits_version text NOT NULL DEFAULT '',
    ADD COLUMN cleared_at timestamptz,
    ADD COLUMN artefact boolean NOT NULL DEFAULT false,
    ADD COLUMN resolution text,
    ADD COLUMN resolved_by text,
    ADD COLUMN resolved_at timestamptz;
UPDATE alarms SET cause = code, highest = priority;
ALTER TABLE alarms ALTER COLUMN cause SET NOT NULL, ALTER COLUMN highest SET NOT NULL;
DROP INDEX alarms_open;
CREATE UNIQUE INDEX alarms_open ON alarms (source, cause) WHERE ended_at IS NULL;

-- A session that was watched by the engine before is watched anew from its start.
UPDATE sessions SET engine = '{}';

-- migrate:down
