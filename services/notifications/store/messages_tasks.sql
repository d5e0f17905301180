-- name: open_task(task_id, source, kind, why, patient_id, appointment_id, session_id, reply_id, opened_at, due_at)$
-- Something for a person to do; nothing comes back where it waits already.
INSERT INTO tasks (task_id, source, kind, why, patient_id, appointment_id, session_id, reply_id, opened_at, due_at)
VALUES (:task_id, :source, :kind, :why, :patient_id, :appointment_id, :session_id, :reply_id, :opened_at, :due_at)
ON CONFLICT (source) WHERE done_at IS NULL DO NOTHING RETURNING task_id;

-- name: task_known(source)$
-- Whether staff were told of something, whether or not it is done.
SELECT count(*) FROM tasks WHERE source = :source;

-- name: tasks(everything)
-- Tasks, the first due first; done ones too when asked.
SELECT * FROM tasks WHERE :everything::bool OR done_at IS NULL ORDER BY done_at NULLS FIRST, due_at, opened_at LIMIT 500;

-- name: hold_task(task_id)^
-- One task, held.
SELECT * FROM tasks WHERE task_id = :task_id FOR UPDATE;

-- name: task_contents(task_id)^
-- What a patient wrote, and from where, that a task is about.
SELECT t.task_id, t.patient_id, r.text, r.address, r.heard_at FROM tasks t JOIN message_replies r USING (reply_id) WHERE t.task_id = :task_id;

-- name: finish_task(task_id, done_at, done_by, done_what)!
-- A task is done.
UPDATE tasks SET done_at = :done_at, done_by = :done_by, done_what = :done_what WHERE task_id = :task_id AND done_at IS NULL;

-- name: open_tasks_about(kinds, appointment_id, session_id)
-- The tasks of these kinds about an appointment or a session that wait.
SELECT * FROM tasks
WHERE done_at IS NULL AND kind = ANY(:kinds::text[])
      AND (appointment_id = :appointment_id::uuid OR session_id = :session_id::uuid) FOR UPDATE;
