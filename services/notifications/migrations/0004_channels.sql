-- migrate:up
-- A telling is one try to reach one person by one channel. It is written when it is asked for, so that a receipt or a reply that
-- comes before the channel's own answer is known. A turn is all the tries to reach one person at one step.
ALTER TABLE tellings
    ADD COLUMN turn_id uuid,
    ADD COLUMN state text NOT NULL DEFAULT 'sent' CHECK (state IN ('waiting', 'sent', 'delivered', 'missing', 'failed')),
    ADD COLUMN worded boolean NOT NULL DEFAULT true,
    ADD COLUMN code text CHECK (code ~ '^[0-9]{4}$'),
    ADD COLUMN job jsonb;
CREATE INDEX tellings_of_turn ON tellings (turn_id);
CREATE INDEX tellings_by_code ON tellings (staff_id, code) WHERE code IS NOT NULL;
CREATE INDEX tellings_with_addresses ON tellings (told_at) WHERE job IS NOT NULL;
CREATE INDEX tellings_unworded ON tellings (told_at) WHERE NOT worded;

-- How the way to each receiver has been lately. Its name is a kind and a digest: an address is personal.
CREATE TABLE circuits (
    circuit text PRIMARY KEY,
    failures integer NOT NULL,
    opened_at timestamptz,
    probing_until timestamptz
);

-- Channels that somebody tried out.
CREATE TABLE channel_tests (
    job_id uuid PRIMARY KEY,
    staff_id text NOT NULL,
    place integer NOT NULL,
    channel text NOT NULL,
    outcome text NOT NULL,
    asked_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE INDEX channel_tests_of ON channel_tests (staff_id, asked_at);

-- Texts that came in, and what they were answered: one that comes twice is answered the same, and does nothing.
CREATE TABLE replies_heard (
    message_id text PRIMARY KEY,
    answered text NOT NULL,
    heard_at timestamptz NOT NULL
);
CREATE INDEX contacts_by_channel ON contacts USING gin (channels jsonb_path_ops);

-- migrate:down
