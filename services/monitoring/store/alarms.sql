-- name: raise_alarm(alarm_id, code, session_id, source, chair, device_id, priority, confirmed, raised_at)^
-- An alarm began; one that is open already counts up.
INSERT INTO alarms AS a (alarm_id, code, session_id, source, chair, device_id, priority, confirmed, raised_at)
VALUES (:alarm_id, :code, :session_id, :source, :chair, :device_id, :priority, :confirmed, :raised_at)
ON CONFLICT (source, code) WHERE ended_at IS NULL DO UPDATE SET count = a.count + 1
RETURNING alarm_id, count;

-- name: open_alarm(source, code)^
-- The open alarm of a source and code.
SELECT alarm_id, priority FROM alarms WHERE source = :source AND code = :code AND ended_at IS NULL;

-- name: set_priority(alarm_id, priority)!
-- An alarm became more or less urgent.
UPDATE alarms SET priority = :priority WHERE alarm_id = :alarm_id;

-- name: end_alarm(alarm_id, ended_at)!
-- An alarm is over.
UPDATE alarms SET ended_at = :ended_at WHERE alarm_id = :alarm_id;

-- name: alarm(alarm_id)^
-- One alarm.
SELECT alarm_id, code, session_id, source, chair, device_id, priority, confirmed, count, raised_at, acknowledged, ended_at
FROM alarms WHERE alarm_id = :alarm_id;

-- name: alarms(session_id, everything)
-- Alarms of a session, or of all; open ones unless all are asked for.
SELECT alarm_id, code, session_id, source, chair, device_id, priority, confirmed, count, raised_at, acknowledged, ended_at FROM alarms
WHERE (:session_id::uuid IS NULL OR session_id = :session_id) AND (:everything::bool OR ended_at IS NULL)
ORDER BY raised_at DESC LIMIT 500;

-- name: answer(answer_id, alarm_id, priority, answered_by, via, answered_at)$
-- Somebody answered an alarm; the same answer once.
INSERT INTO answers (answer_id, alarm_id, priority, answered_by, via, answered_at)
VALUES (:answer_id, :alarm_id, :priority, :answered_by, :via, :answered_at) ON CONFLICT DO NOTHING RETURNING answer_id;

-- name: set_acknowledged(alarm_id, priority)!
-- At which priority an alarm was answered; null when the answer lapsed.
UPDATE alarms SET acknowledged = :priority WHERE alarm_id = :alarm_id;
