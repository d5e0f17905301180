-- migrate:up
-- On-call rotations. One that is changed or ended keeps its row: `during` says when it is in force; an empty one never came to be.
CREATE TABLE rotations (
    version_id uuid PRIMARY KEY,
    rotation_id text NOT NULL,
    role text NOT NULL,
    time_zone text NOT NULL,
    members text[] NOT NULL CHECK (cardinality(members) > 0),
    first_date date NOT NULL,
    hand_over time NOT NULL,
    days integer NOT NULL CHECK (days > 0),
    during tstzrange NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX rotations_during ON rotations USING gist (during);
CREATE INDEX rotations_of ON rotations (rotation_id);

-- Who stands in for whom. One that is ended early keeps its row, cut short.
CREATE TABLE covers (
    cover_id uuid PRIMARY KEY,
    absent text NOT NULL,
    cover text NOT NULL CHECK (cover <> absent),
    during tstzrange NOT NULL,
    reason text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX covers_during ON covers USING gist (during);

-- Chairs handed over: the last one of an assignment holds until the assignment ends. Two may share an instant, not a number.
CREATE TABLE handovers (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    assignment_id uuid NOT NULL,
    from_staff text NOT NULL,
    to_staff text NOT NULL,
    made_by text NOT NULL,
    handed_at timestamptz NOT NULL
);
CREATE INDEX handovers_of ON handovers (assignment_id, number);

-- migrate:down
