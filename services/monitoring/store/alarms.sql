-- name: raise_alarm(alarm_id, code, cause, session_id, source, chair, device_id, priority, confirmed, title, advice, detail, late, limits_version, raised_at)^
-- An alarm began; one that is open already counts up.
INSERT INTO alarms AS a (alarm_id, code, cause, session_id, source, chair, device_id, priority, highest, confirmed, title, advice, detail,
                         late, limits_version, raised_at)
VALUES (:alarm_id, :code, :cause, :session_id, :source, :chair, :device_id, :priority, :priority, :confirmed, :title, :advice, :detail,
        :late, :limits_version, :raised_at)
ON CONFLICT (source, cause) WHERE ended_at IS NULL DO UPDATE SET count = a.count + 1
RETURNING alarm_id, count;

-- name: open_alarm(source, cause)^
-- The open alarm of a source and cause.
SELECT alarm_id, code, priority, highest, artefact FROM alarms WHERE source = :source AND cause = :cause AND ended_at IS NULL;

-- name: set_priority(alarm_id, code, priority, highest, title, advice, detail)!
-- An alarm became more or less urgent.
UPDATE alarms SET code = :code, priority = :priority, highest = :highest, title = :title, advice = :advice, detail = :detail
WHERE alarm_id = :alarm_id;

-- name: clear_alarm(alarm_id, cleared_at, artefact)!
-- The condition of an alarm is over, or stands again; the alarm waits for an answer.
UPDATE alarms SET cleared_at = :cleared_at::timestamptz, artefact = :artefact,
    count = count + (:cleared_at::timestamptz IS NULL)::int
WHERE alarm_id = :alarm_id;

-- name: end_alarm(alarm_id, ended_at, artefact)!
-- An alarm is over.
UPDATE alarms SET ended_at = :ended_at::timestamptz, cleared_at = coalesce(cleared_at, :ended_at::timestamptz), artefact = artefact OR :artefact
WHERE alarm_id = :alarm_id;

-- name: alarm(alarm_id)^
-- One alarm.
SELECT alarm_id, code, cause, session_id, source, chair, device_id, priority, highest, confirmed, title, advice, detail, late, count,
       raised_at, acknowledged, cleared_at, artefact, ended_at, resolution, resolved_by, resolved_at
FROM alarms WHERE alarm_id = :alarm_id;

-- name: alarms(session_id, everything)
-- Alarms of a session, or of all; open ones unless all are asked for.
SELECT alarm_id, code, cause, session_id, source, chair, device_id, priority, highest, confirmed, title, advice, detail, late, count,
       raised_at, acknowledged, cleared_at, artefact, ended_at, resolution, resolved_by, resolved_at FROM alarms
WHERE (:session_id::uuid IS NULL OR session_id = :session_id) AND (:everything::bool OR ended_at IS NULL)
ORDER BY raised_at DESC LIMIT 500;

-- name: open_high()
-- High and emergency alarms that are open: what a beat tells.
SELECT alarm_id FROM alarms WHERE ended_at IS NULL AND priority IN ('high', 'emergency') ORDER BY raised_at LIMIT 1000;

-- name: answer(answer_id, alarm_id, priority, answered_by, via, answered_at)$
-- Somebody answered an alarm; the same answer once.
INSERT INTO answers (answer_id, alarm_id, priority, answered_by, via, answered_at)
VALUES (:answer_id, :alarm_id, :priority, :answered_by, :via, :answered_at) ON CONFLICT DO NOTHING RETURNING answer_id;

-- name: last_answer(alarm_id)$
-- The answer to an alarm that counts.
SELECT answer_id FROM answers WHERE alarm_id = :alarm_id ORDER BY answered_at DESC LIMIT 1;

-- name: set_acknowledged(alarm_id, priority)!
-- At which priority an alarm was answered; null when the answer lapsed.
UPDATE alarms SET acknowledged = :priority WHERE alarm_id = :alarm_id;

-- name: resolve(alarm_id, resolution, resolved_by, resolved_at)!
-- What the alarm was.
UPDATE alarms SET resolution = :resolution, resolved_by = :resolved_by, resolved_at = :resolved_at WHERE alarm_id = :alarm_id;
