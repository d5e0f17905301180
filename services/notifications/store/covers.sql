-- name: make_cover(cover_id, absent, cover, starts_at, ends_at, reason, made_by, made_at)!
-- Somebody stands in for somebody.
INSERT INTO covers (cover_id, absent, cover, during, reason, made_by, made_at)
VALUES (:cover_id, :absent, :cover, tstzrange(:starts_at, :ends_at), :reason, :made_by, :made_at);

-- name: covers(since, until)
-- Covers that share time with a period.
SELECT cover_id, absent, cover, lower(during) AS starts_at, upper(during) AS ends_at, reason, made_by, made_at
FROM covers WHERE during && tstzrange(:since, :until, '[]') ORDER BY lower(during), cover_id LIMIT 1000;

-- name: cover_of(cover_id)^
-- One cover, unless it was ended before it began.
SELECT cover_id, absent, cover, lower(during) AS starts_at, upper(during) AS ends_at, reason, made_by, made_at
FROM covers WHERE cover_id = :cover_id AND NOT isempty(during);

-- name: end_cover(cover_id, at)!
-- A cover ends now; what it meant before stays.
UPDATE covers SET during = during * tstzrange(NULL, :at) WHERE cover_id = :cover_id;

-- name: hand_over(assignment_id, from_staff, to_staff, made_by, handed_at)!
-- A chair has another nurse until its assignment ends.
INSERT INTO handovers (assignment_id, from_staff, to_staff, made_by, handed_at)
VALUES (:assignment_id, :from_staff, :to_staff, :made_by, :handed_at);
