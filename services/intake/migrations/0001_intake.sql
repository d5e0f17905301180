-- migrate:up
CREATE TABLE patients (
    patient_id uuid PRIMARY KEY,
    family_name text NOT NULL,
    given_names text[] NOT NULL,
    birth_date date,
    gender text NOT NULL,
    registered_at timestamptz NOT NULL
);

CREATE TABLE identifiers (
    system text NOT NULL,
    value text NOT NULL,
    patient_id uuid NOT NULL REFERENCES patients,
    PRIMARY KEY (system, value)
);

-- What charts say, each entry under the key it can come again by.
CREATE TABLE entries (
    patient_id uuid NOT NULL REFERENCES patients,
    key text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (patient_id, key)
);

CREATE TABLE referrals (
    referral_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    format text NOT NULL,
    received_at timestamptz NOT NULL
);

-- Entries of a referral that were not understood, as they came.
CREATE TABLE not_understood (
    referral_id uuid NOT NULL REFERENCES referrals,
    place integer NOT NULL,
    resource_type text NOT NULL,
    reason text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (referral_id, place)
);

CREATE TABLE assessments (
    assessment_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    instrument text NOT NULL,
    version text NOT NULL,
    answers jsonb NOT NULL,
    total integer,
    severity text NOT NULL,
    completed_at timestamptz NOT NULL
);
CREATE INDEX assessments_of_patient ON assessments (patient_id, completed_at);

CREATE TABLE consents (
    consent_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    version text NOT NULL,
    document_sha256 text NOT NULL,
    signature text NOT NULL,
    signed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX consents_of_patient ON consents (patient_id, signed_at);

CREATE TABLE trials (
    trial_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    content jsonb NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX trials_of_patient ON trials (patient_id);

-- The latest of each fact that a person stated about a patient.
CREATE TABLE attested (
    patient_id uuid NOT NULL REFERENCES patients,
    fact text NOT NULL,
    value text NOT NULL,
    stated_by text NOT NULL,
    stated_at timestamptz NOT NULL,
    PRIMARY KEY (patient_id, fact)
);

CREATE TABLE screenings (
    screening_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    decision text NOT NULL,
    indication text,
    fired jsonb NOT NULL,
    rules_version text NOT NULL,
    decided_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX screenings_of_patient ON screenings (patient_id, decided_at);

CREATE TABLE orders (
    order_id uuid PRIMARY KEY,
    screening_id uuid NOT NULL UNIQUE REFERENCES screenings,
    patient_id uuid NOT NULL REFERENCES patients,
    content jsonb NOT NULL,
    reason text NOT NULL,
    signed_at timestamptz NOT NULL
);

-- migrate:down
