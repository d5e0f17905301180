-- migrate:up
-- What is written stays written, whoever asks.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct it by a new row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

-- A location, NDC and lot. Its row is held while anything of it moves.
CREATE TABLE drug_stocks (
    stock_id uuid PRIMARY KEY,
    location text NOT NULL,
    drug text NOT NULL,
    ndc text NOT NULL,
    lot text NOT NULL,
    mg_per_ml numeric NOT NULL CHECK (mg_per_ml > 0),
    UNIQUE (location, ndc, lot)
);

CREATE TABLE drug_vials (
    vial_id uuid PRIMARY KEY,
    stock_id uuid NOT NULL REFERENCES drug_stocks,
    number integer NOT NULL,
    UNIQUE (stock_id, number)
);

CREATE TABLE drug_draws (
    draw_id uuid PRIMARY KEY,
    vial_id uuid NOT NULL REFERENCES drug_vials,
    session_id uuid NOT NULL REFERENCES sessions,
    patient_id uuid NOT NULL,
    drawn_by text NOT NULL,
    drawn_at timestamptz NOT NULL
);
CREATE INDEX drug_draws_of_session ON drug_draws (session_id);

-- Double entry: every row takes from one account and gives to another. The balance is the lot's, and is never negative.
CREATE TABLE drug_entries (
    entry_id uuid PRIMARY KEY,
    stock_id uuid NOT NULL REFERENCES drug_stocks,
    number integer NOT NULL,
    vial_id uuid NOT NULL REFERENCES drug_vials,
    draw_id uuid REFERENCES drug_draws,
    movement text NOT NULL,
    from_account text NOT NULL,
    to_account text NOT NULL CHECK (to_account <> from_account),
    mg numeric(12, 3) NOT NULL CHECK (mg > 0),
    balance_mg numeric(18, 3) NOT NULL CHECK (balance_mg >= 0),
    reference text NOT NULL,
    reason text NOT NULL,
    reverses uuid UNIQUE REFERENCES drug_entries,
    actor text NOT NULL,
    witnesses text[] NOT NULL,
    moved_at timestamptz NOT NULL,
    UNIQUE (stock_id, number)
);
CREATE INDEX drug_entries_of_vial ON drug_entries (vial_id);
CREATE INDEX drug_entries_of_draw ON drug_entries (draw_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON drug_entries EXECUTE FUNCTION refuse_change();

-- A waste or destruction that somebody declared; it counts once its witnesses have confirmed it.
CREATE TABLE drug_disposals (
    disposal_id uuid PRIMARY KEY,
    movement text NOT NULL,
    vial_id uuid NOT NULL REFERENCES drug_vials,
    draw_id uuid REFERENCES drug_draws,
    mg numeric(12, 3) NOT NULL CHECK (mg >= 0),
    reference text NOT NULL,
    declared_by text NOT NULL,
    declared_at timestamptz NOT NULL,
    witnesses text[] NOT NULL DEFAULT '{}',
    done_at timestamptz,
    entry_id uuid REFERENCES drug_entries,
    withdrawn_by text,
    withdrawn_at timestamptz
);
CREATE INDEX drug_disposals_waiting ON drug_disposals (vial_id) WHERE done_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX drug_disposals_of_draw ON drug_disposals (draw_id);

CREATE TABLE drug_counts (
    count_id uuid PRIMARY KEY,
    stock_id uuid NOT NULL REFERENCES drug_stocks,
    moment text NOT NULL,
    entry_number integer NOT NULL,
    counted_by text NOT NULL,
    counted_at timestamptz NOT NULL,
    confirmed_by text,
    confirmed_at timestamptz
);
CREATE INDEX drug_counts_of_stock ON drug_counts (stock_id, counted_at);

CREATE TABLE drug_count_lines (
    count_id uuid NOT NULL REFERENCES drug_counts,
    vial_id uuid NOT NULL REFERENCES drug_vials,
    book_mg numeric(12, 3) NOT NULL,
    counted_mg numeric(12, 3) NOT NULL,
    PRIMARY KEY (count_id, vial_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON drug_count_lines EXECUTE FUNCTION refuse_change();

CREATE TABLE drug_cases (
    case_id uuid PRIMARY KEY,
    vial_id uuid NOT NULL REFERENCES drug_vials,
    draw_id uuid REFERENCES drug_draws,
    count_id uuid REFERENCES drug_counts,
    session_id uuid REFERENCES sessions,
    chair integer,
    expected_mg numeric(12, 3) NOT NULL,
    found_mg numeric(12, 3) NOT NULL,
    tolerance_mg numeric(12, 3) NOT NULL,
    opened_by text NOT NULL,
    opened_at timestamptz NOT NULL,
    reason text,
    explained_by text,
    explained_at timestamptz,
    closed_by text,
    closed_at timestamptz
);
CREATE UNIQUE INDEX drug_cases_of_draw ON drug_cases (draw_id) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX drug_cases_of_counts ON drug_cases (vial_id) WHERE closed_at IS NULL AND draw_id IS NULL;
CREATE INDEX drug_cases_open ON drug_cases (vial_id) WHERE closed_at IS NULL;

-- migrate:down
