-- name: add_count(count_id, stock_id, moment, entry_number, counted_by, counted_at)!
-- Somebody counted a stock.
INSERT INTO drug_counts (count_id, stock_id, moment, entry_number, counted_by, counted_at)
VALUES (:count_id, :stock_id, :moment, :entry_number, :counted_by, :counted_at);

-- name: add_count_lines(count_id, vials, books, counted)!
-- What lay in each vial, and what should have.
INSERT INTO drug_count_lines (count_id, vial_id, book_mg, counted_mg)
SELECT :count_id, vial_id, book_mg, counted_mg
FROM unnest(:vials::uuid[], :books::numeric[], :counted::numeric[]) AS t (vial_id, book_mg, counted_mg);

-- name: count_of(count_id)^
-- A count.
SELECT count_id, stock_id, moment, entry_number, counted_by, counted_at, confirmed_by FROM drug_counts WHERE count_id = :count_id;

-- name: count_lines(count_id)
-- The vials of a count.
SELECT vial_id, book_mg, counted_mg FROM drug_count_lines WHERE count_id = :count_id ORDER BY vial_id;

-- name: confirm_count(count_id, confirmed_by, confirmed_at)!
-- A second person counted the same.
UPDATE drug_counts SET confirmed_by = :confirmed_by, confirmed_at = :confirmed_at WHERE count_id = :count_id;

-- name: open_case(case_id, vial_id, draw_id, count_id, session_id, chair, expected_mg, found_mg, tolerance_mg, opened_by, opened_at)$
-- A vial's account does not come out; one open case a draw, and one a vial for its counts.
INSERT INTO drug_cases (case_id, vial_id, draw_id, count_id, session_id, chair, expected_mg, found_mg, tolerance_mg, opened_by, opened_at)
VALUES (:case_id, :vial_id, :draw_id, :count_id, :session_id, :chair, :expected_mg, :found_mg, :tolerance_mg, :opened_by, :opened_at)
ON CONFLICT DO NOTHING RETURNING case_id;

-- name: case_of(case_id)^
-- One case.
SELECT case_id, vial_id, draw_id, count_id, session_id, chair, expected_mg, found_mg, tolerance_mg, opened_by, opened_at, reason,
       explained_by, explained_at, closed_by, closed_at
FROM drug_cases WHERE case_id = :case_id;

-- name: cases(everything)
-- Open cases, newest first; closed ones too when asked.
SELECT case_id, vial_id, draw_id, count_id, session_id, chair, expected_mg, found_mg, tolerance_mg, opened_by, opened_at, reason,
       explained_by, explained_at, closed_by, closed_at
FROM drug_cases WHERE :everything::bool OR closed_at IS NULL ORDER BY opened_at DESC LIMIT 500;

-- name: open_cases_like(vial_id, session_id)$
-- How many open cases share a vial and session, and so an alarm.
SELECT count(*) FROM drug_cases WHERE vial_id = :vial_id AND session_id IS NOT DISTINCT FROM :session_id::uuid AND closed_at IS NULL;

-- name: explain_case(case_id, reason, explained_by, explained_at)!
-- Somebody explains a case.
UPDATE drug_cases SET reason = :reason, explained_by = :explained_by, explained_at = :explained_at WHERE case_id = :case_id;

-- name: close_case(case_id, closed_by, closed_at)!
-- A second person agrees.
UPDATE drug_cases SET closed_by = :closed_by, closed_at = :closed_at WHERE case_id = :case_id;
