-- migrate:up
-- What the dose is judged by; null where the order came before this was kept.
ALTER TABLE orders
    ADD COLUMN dose_mg_per_kg double precision,
    ADD COLUMN dosing_weight_kg double precision,
    ADD COLUMN indication text;

-- What runs, or ran, in a session: the order as it was at the start, and what came of it.
CREATE TABLE infusions (
    session_id uuid PRIMARY KEY REFERENCES sessions,
    patient_id uuid NOT NULL,
    dose_mg double precision NOT NULL,
    duration_minutes double precision NOT NULL,
    concentration_mg_per_ml double precision NOT NULL,
    started_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('ENDED', 'STOPPED')),
    given_mg double precision
);
CREATE INDEX infusions_of_patient ON infusions (patient_id, started_at);

-- Every change of an infusion: the rate from then on as percent of the ordered one, and what was given at once.
CREATE TABLE infusion_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES infusions,
    changed_at timestamptz NOT NULL,
    percent integer NOT NULL,
    bolus_mg double precision NOT NULL,
    for_pressure boolean NOT NULL
);
CREATE INDEX infusion_changes_of_session ON infusion_changes (session_id, changed_at, id);

-- What two people must say, each for themselves: the time-out, the check of a dose.
CREATE TABLE countersignatures (
    session_id uuid NOT NULL REFERENCES sessions,
    what text NOT NULL CHECK (what IN ('time_out', 'dose_check')),
    staff_id text NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, what, staff_id)
);

DROP INDEX sessions_open;
CREATE INDEX sessions_open ON sessions (chair) WHERE phase NOT IN ('DISCHARGED', 'CANCELLED', 'TRANSFERRED');

-- migrate:down
