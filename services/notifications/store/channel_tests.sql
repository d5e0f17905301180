-- name: begin_test(job_id, staff_id, place, channel, asked_at)!
-- A channel is tried out.
INSERT INTO channel_tests (job_id, staff_id, place, channel, outcome, asked_at)
VALUES (:job_id, :staff_id, :place, :channel, 'waiting', :asked_at);

-- name: settle_test(job_id, outcome, settled_at)!
-- What became of it; what was delivered stays so.
UPDATE channel_tests SET outcome = :outcome, settled_at = :settled_at WHERE job_id = :job_id AND outcome <> 'delivered';

-- name: is_test(job_id)$
-- Whether a job tried out a channel.
SELECT EXISTS (SELECT 1 FROM channel_tests WHERE job_id = :job_id);

-- name: forget_tests(before)!
-- Nobody asks about a test after so long.
DELETE FROM channel_tests WHERE asked_at < :before;

-- name: tests_of(staff_id)
-- The last tests of a person's channels, newest first.
SELECT job_id, place, channel, outcome, asked_at, settled_at FROM channel_tests WHERE staff_id = :staff_id
ORDER BY asked_at DESC, place LIMIT 50;
