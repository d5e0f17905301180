-- name: note_beat(keeper, kept_at, said_at, open_high)!
-- A watcher lives.
INSERT INTO beats (keeper, kept_at, said_at, open_high) VALUES (:keeper, :kept_at, :said_at, :open_high::uuid[]) ON CONFLICT DO NOTHING;

-- name: forget_beats(keeper)!
-- Two are enough.
DELETE FROM beats WHERE keeper = :keeper AND ctid NOT IN (
    SELECT ctid FROM beats WHERE keeper = :keeper ORDER BY said_at DESC, kept_at DESC LIMIT 2);

-- name: beats(keeper)
-- The last ones, the older first.
SELECT kept_at, said_at, open_high FROM beats WHERE keeper = :keeper ORDER BY said_at, kept_at;

-- name: listen(wall, gap)^
-- We listen; after a gap it counts anew. Returns since when.
INSERT INTO listening AS l (since, last) VALUES (:wall, :wall)
ON CONFLICT (one) DO UPDATE SET last = excluded.last, since = CASE WHEN excluded.last - l.last > :gap THEN excluded.last ELSE l.since END
RETURNING since;
