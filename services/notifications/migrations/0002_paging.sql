-- migrate:up
-- What a page asks about: a session's alarms together, each answered for itself.
CREATE TABLE page_items (
    page_id uuid NOT NULL REFERENCES pages,
    source text NOT NULL,
    alarm_id uuid,
    code text NOT NULL,
    title text NOT NULL,
    priority text NOT NULL,
    since timestamptz NOT NULL,
    told boolean NOT NULL DEFAULT false,
    answer_id uuid,
    answered_by text,
    answered_at timestamptz,
    ended boolean NOT NULL DEFAULT false,
    PRIMARY KEY (page_id, source)
);
CREATE UNIQUE INDEX page_items_standing ON page_items (source) WHERE NOT ended;
CREATE INDEX page_items_of_alarm ON page_items (alarm_id);
INSERT INTO page_items (page_id, source, alarm_id, code, title, priority, since, told, answer_id, answered_by, answered_at)
SELECT page_id, source, alarm_id, '', title, priority, opened_at, true, answer_id, answered_by, answered_at FROM pages WHERE state <> 'closed';

-- Who is asked at the step the page has reached, and has neither declined nor proved beyond reach.
ALTER TABLE pages ADD COLUMN asking text[] NOT NULL DEFAULT '{}';
-- Everybody told in this climb.
ALTER TABLE pages ADD COLUMN told text[] NOT NULL DEFAULT '{}';
-- What a person said when they resolved it: personal.
ALTER TABLE pages ADD COLUMN resolved_by text;
ALTER TABLE pages ADD COLUMN resolution text;
CREATE INDEX pages_state ON pages (state, opened_at) WHERE state <> 'closed';

-- Who answered or declined, from where.
CREATE TABLE answers (
    answer_id uuid PRIMARY KEY,
    page_id uuid NOT NULL REFERENCES pages,
    staff_id text NOT NULL,
    what text NOT NULL CHECK (what IN ('answered', 'declined')),
    via text NOT NULL,
    came_from text NOT NULL,
    alarms jsonb NOT NULL,
    answered_at timestamptz NOT NULL
);
CREATE INDEX answers_of_page ON answers (page_id);

-- migrate:down
