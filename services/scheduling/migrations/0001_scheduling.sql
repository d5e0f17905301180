-- migrate:up
CREATE TABLE series (
    series_id uuid PRIMARY KEY,
    order_id uuid NOT NULL UNIQUE,
    patient_id uuid NOT NULL,
    placed boolean NOT NULL,
    decided_at timestamptz NOT NULL
);

-- No chair is ever held twice: two writers at once are the database's to keep apart.
CREATE TABLE appointments (
    appointment_id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    series_id uuid NOT NULL REFERENCES series,
    order_id uuid NOT NULL,
    number integer NOT NULL,
    chair integer NOT NULL,
    during tstzrange NOT NULL,
    state text NOT NULL CHECK (state IN ('booked', 'arrived', 'cancelled', 'missed')),
    CONSTRAINT chair_held_once EXCLUDE USING gist (int4range(chair, chair, '[]') WITH &&, during WITH &&)
        WHERE (state IN ('booked', 'arrived'))
);
CREATE INDEX appointments_of_patient ON appointments (patient_id);
CREATE INDEX appointments_during ON appointments USING gist (during);

CREATE TABLE staff (
    staff_id text PRIMARY KEY,
    display_name text NOT NULL,
    role text NOT NULL,
    registered_at timestamptz NOT NULL
);

CREATE TABLE shifts (
    shift_id uuid PRIMARY KEY,
    staff_id text NOT NULL REFERENCES staff,
    during tstzrange NOT NULL
);
CREATE INDEX shifts_during ON shifts USING gist (during);

CREATE TABLE chair_assignments (
    assignment_id uuid PRIMARY KEY,
    staff_id text NOT NULL REFERENCES staff,
    chair integer NOT NULL,
    during tstzrange NOT NULL,
    CONSTRAINT chair_has_one_nurse EXCLUDE USING gist (int4range(chair, chair, '[]') WITH &&, during WITH &&)
);

-- migrate:down
