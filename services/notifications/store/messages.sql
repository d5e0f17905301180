-- name: queue_message(message_id, patient_id, kind, channel, appointment_id, session_id, queued_at, link_until)$
-- A message on its way; its number is for its link.
INSERT INTO messages (message_id, patient_id, kind, channel, appointment_id, session_id, state, queued_at, link_until)
VALUES (:message_id, :patient_id, :kind, :channel, :appointment_id, :session_id, 'queued', :queued_at, :link_until) RETURNING number;

-- name: note_job(message_id, job_id)!
-- The job that carries a message.
UPDATE messages SET job_id = :job_id WHERE message_id = :message_id;

-- name: see_message(message_id)^
-- One message.
SELECT * FROM messages WHERE message_id = :message_id;

-- name: message_of_number(number)^
-- The message that a link came with.
SELECT * FROM messages WHERE number = :number;

-- name: settle_message(message_id, state)$
-- What the call to its channel came to; a receipt that was quicker stands.
UPDATE messages SET state = :state WHERE message_id = :message_id AND state = 'queued' RETURNING message_id;

-- name: hold_message_of_job(job_id)^
-- The message that a job carries, held.
SELECT * FROM messages WHERE job_id = :job_id FOR UPDATE;

-- name: keep_receipt(message_id, state)!
-- What a receipt says.
UPDATE messages SET state = :state WHERE message_id = :message_id;

-- name: sent_since(patient_id, since)
-- When messages went to a patient, or are about to, by channel.
SELECT channel, queued_at FROM messages WHERE patient_id = :patient_id AND queued_at > :since AND state IN ('queued', 'sent', 'delivered');

-- name: channels_tried(patient_id, kind, appointment_id, session_id, away_since)
-- By which channels a message about something was tried in vain: for good, or because they were away a moment ago.
SELECT DISTINCT channel, state FROM messages
WHERE patient_id = :patient_id AND kind = :kind AND appointment_id IS NOT DISTINCT FROM :appointment_id
      AND session_id IS NOT DISTINCT FROM :session_id
      AND (state = 'failed' OR (state = 'away' AND queued_at > :away_since));

-- name: keep_reply(reply_id, provider_id, address, text, heard_at)$
-- A reply, once.
INSERT INTO message_replies (reply_id, provider_id, address, text, heard_at)
VALUES (:reply_id, :provider_id, :address, :text, :heard_at) ON CONFLICT (provider_id) DO NOTHING RETURNING reply_id;

-- name: keep_reply_answer(reply_id, answer)!
-- What a reply was answered with.
UPDATE message_replies SET answer = :answer WHERE reply_id = :reply_id;

-- name: answer_given(provider_id)$
-- What a reply was answered with before.
SELECT answer FROM message_replies WHERE provider_id = :provider_id;
