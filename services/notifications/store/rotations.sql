-- name: rotation_versions(rotation_id)
-- What a rotation, or each, said and will say.
SELECT jsonb_build_object(
    'rotation_id', rotation_id, 'role', role, 'time_zone', time_zone, 'members', members, 'first_date', first_date,
    'hand_over', hand_over, 'days', days, 'since', lower(during), 'until', upper(during), 'made_at', made_at
) AS rotation, made_by
FROM rotations WHERE (:rotation_id::text IS NULL OR rotation_id = :rotation_id) AND NOT isempty(during)
ORDER BY rotation_id, lower(during);

-- name: make_rotation(version_id, rotation_id, role, time_zone, members, first_date, hand_over, days, since, made_by, made_at)!
-- A rotation from an instant on.
INSERT INTO rotations
    (version_id, rotation_id, role, time_zone, members, first_date, hand_over, days, during, made_by, made_at)
VALUES
    (:version_id, :rotation_id, :role, :time_zone, :members, :first_date, :hand_over, :days, tstzrange(:since, NULL), :made_by,
     :made_at);

-- name: end_rotation(rotation_id, at)!
-- What a rotation meant from an instant on, it means no more.
UPDATE rotations SET during = during * tstzrange(NULL, :at) WHERE rotation_id = :rotation_id AND during && tstzrange(:at, NULL);
