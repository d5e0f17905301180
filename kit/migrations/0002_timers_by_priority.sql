-- migrate:up
-- Of the timers that are due, the more urgent are judged first.
ALTER TABLE kit.timers ADD COLUMN priority integer NOT NULL DEFAULT 0;

-- migrate:down
