-- name: begin_telling(job_id, page_id, turn_id, staff_id, step, channel, code, job, told_at)!
-- Somebody is about to be told.
INSERT INTO tellings (job_id, page_id, turn_id, staff_id, step, channel, code, job, state, outcome, told_at)
VALUES (:job_id, :page_id, :turn_id, :staff_id, :step, :channel, :code, :job::jsonb, 'waiting', 'waiting', :told_at);

-- name: taken(job_id, worded, told_at)$
-- The channel took it, unless its receipt came before its answer. Says how the telling stands.
UPDATE tellings SET state = CASE state WHEN 'waiting' THEN 'sent' ELSE state END,
    outcome = CASE state WHEN 'waiting' THEN 'sent' ELSE outcome END, worded = :worded, told_at = :told_at
WHERE job_id = :job_id RETURNING state;

-- name: see_telling(job_id)^
-- One telling, to learn of which page it is.
SELECT page_id FROM tellings WHERE job_id = :job_id;

-- name: hold_telling(job_id)^
-- One telling, held.
SELECT state, job FROM tellings WHERE job_id = :job_id AND job IS NOT NULL FOR UPDATE;

-- name: keep_telling(job_id, state, outcome, told_at)!
-- What became of a telling.
UPDATE tellings SET state = :state, outcome = :outcome, told_at = :told_at WHERE job_id = :job_id;

-- name: reached(turn_id)$
-- Whether a turn may still reach its person, or has.
SELECT EXISTS (SELECT 1 FROM tellings WHERE turn_id = :turn_id AND state IN ('waiting', 'sent', 'delivered'));

-- name: codes_in_use(staff_id)
-- Codes that a person may still answer with.
SELECT t.code FROM tellings t JOIN pages p USING (page_id)
WHERE t.staff_id = :staff_id AND t.code IS NOT NULL AND p.state <> 'closed';

-- name: told_by_code(staff_ids, code)
-- What was told with a code, to one of these people, newest first; neither closed pages nor forgotten tellings are found.
SELECT t.page_id, t.staff_id, t.job FROM tellings t JOIN pages p USING (page_id)
WHERE t.staff_id = ANY(:staff_ids::text[]) AND t.code = :code AND t.job IS NOT NULL AND p.state <> 'closed' ORDER BY t.told_at DESC;

-- name: unworded(since)$
-- How many pages since then could not say what they were about, because their words were none that a page may use.
SELECT count(*) FROM tellings WHERE NOT worded AND told_at >= :since;

-- name: hear_reply(message_id, heard_at)$
-- A text came in. Nothing when it came before.
INSERT INTO replies_heard (message_id, answered, heard_at) VALUES (:message_id, '', :heard_at) ON CONFLICT DO NOTHING RETURNING message_id;

-- name: answer_reply(message_id, answered)!
-- What a text was answered.
UPDATE replies_heard SET answered = :answered WHERE message_id = :message_id;

-- name: reply_answered(message_id)$
-- What a text that came before was answered.
SELECT answered FROM replies_heard WHERE message_id = :message_id;

-- name: forget_replies(before)!
-- A provider does not send a text again after so long.
DELETE FROM replies_heard WHERE heard_at < :before;

-- name: forget_addresses(before)!
-- What was told stays; by which addresses it was to be told is personal, and needed no longer.
UPDATE tellings SET job = NULL WHERE job IS NOT NULL AND told_at < :before;
