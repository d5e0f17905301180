-- name: open_stock(stock_id, location, drug, ndc, lot, mg_per_ml)!
-- A location, NDC and lot, once.
INSERT INTO drug_stocks (stock_id, location, drug, ndc, lot, mg_per_ml)
VALUES (:stock_id, :location, :drug, :ndc, :lot, :mg_per_ml) ON CONFLICT DO NOTHING;

-- name: hold_stock(stock_id, vial_id, location, ndc, lot)^
-- A stock, by itself, by a vial of it or by its names, held: nothing else of it moves meanwhile.
SELECT stock_id, location, drug, ndc, lot, mg_per_ml FROM drug_stocks
WHERE stock_id = :stock_id OR stock_id = (SELECT v.stock_id FROM drug_vials v WHERE v.vial_id = :vial_id)
   OR (location = :location AND ndc = :ndc AND lot = :lot)
FOR UPDATE;

-- name: last_entry(stock_id)^
-- The number and balance of a stock's last entry.
SELECT number, balance_mg FROM drug_entries WHERE stock_id = :stock_id ORDER BY number DESC LIMIT 1;

-- name: last_vial(stock_id)$
-- The number of a stock's last vial.
SELECT coalesce(max(number), 0) FROM drug_vials WHERE stock_id = :stock_id;

-- name: add_vial(vial_id, stock_id, number)!
-- A vial came.
INSERT INTO drug_vials (vial_id, stock_id, number) VALUES (:vial_id, :stock_id, :number);

-- name: vials(stock_id)
-- The vials of a stock and what each holds; those of all stocks when none is named.
SELECT v.stock_id, v.vial_id, v.number,
       coalesce(sum(CASE WHEN e.to_account = 'shelf' THEN e.mg WHEN e.from_account = 'shelf' THEN -e.mg END), 0)::numeric(12, 3) AS shelf_mg,
       EXISTS (SELECT 1 FROM drug_cases c WHERE c.vial_id = v.vial_id AND c.closed_at IS NULL) AS blocked
FROM drug_vials v LEFT JOIN drug_entries e ON e.vial_id = v.vial_id
WHERE :stock_id::uuid IS NULL OR v.stock_id = :stock_id
GROUP BY v.vial_id ORDER BY v.stock_id, v.number;

-- name: vial(vial_id)^
-- A vial, what it holds, and whether an open case blocks it.
SELECT v.stock_id, v.vial_id, v.number,
       coalesce(sum(CASE WHEN e.to_account = 'shelf' THEN e.mg WHEN e.from_account = 'shelf' THEN -e.mg END), 0)::numeric(12, 3) AS shelf_mg,
       EXISTS (SELECT 1 FROM drug_cases c WHERE c.vial_id = v.vial_id AND c.closed_at IS NULL) AS blocked
FROM drug_vials v LEFT JOIN drug_entries e ON e.vial_id = v.vial_id WHERE v.vial_id = :vial_id GROUP BY v.vial_id;

-- name: add_draw(draw_id, vial_id, session_id, patient_id, drawn_by, drawn_at)!
-- Something is drawn for a patient.
INSERT INTO drug_draws (draw_id, vial_id, session_id, patient_id, drawn_by, drawn_at)
VALUES (:draw_id, :vial_id, :session_id, :patient_id, :drawn_by, :drawn_at);

-- name: draws(draw_id, session_id)
-- What became of a draw, or of a session's draws; entries that were taken back count nothing.
SELECT d.draw_id, d.vial_id, v.number AS vial, d.session_id, d.patient_id, d.drawn_at, s.stock_id, s.lot, s.mg_per_ml,
       a.drawn, a.given, a.wasted, a.lost, a.gave,
       (SELECT p.mg FROM drug_disposals p WHERE p.draw_id = d.draw_id AND p.done_at IS NULL AND p.withdrawn_at IS NULL) AS waiting,
       EXISTS (SELECT 1 FROM drug_disposals p WHERE p.draw_id = d.draw_id AND p.done_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM drug_entries r WHERE r.reverses = p.entry_id)) AS wasted_up,
       EXISTS (SELECT 1 FROM drug_cases c WHERE c.draw_id = d.draw_id AND c.closed_at IS NULL) AS open_case
FROM drug_draws d JOIN drug_vials v USING (vial_id) JOIN drug_stocks s USING (stock_id)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE 'shelf' WHEN e.from_account THEN e.mg WHEN e.to_account THEN -e.mg END), 0)::numeric(12, 3) AS drawn,
           coalesce(sum(CASE 'administered' WHEN e.to_account THEN e.mg WHEN e.from_account THEN -e.mg END), 0)::numeric(12, 3) AS given,
           coalesce(sum(CASE 'wasted' WHEN e.to_account THEN e.mg WHEN e.from_account THEN -e.mg END), 0)::numeric(12, 3) AS wasted,
           coalesce(sum(CASE 'lost' WHEN e.to_account THEN e.mg WHEN e.from_account THEN -e.mg END), 0)::numeric(12, 3) AS lost,
           coalesce(array_agg(DISTINCT e.actor) FILTER (WHERE e.movement = 'give'), '{}') AS gave
    FROM drug_entries e WHERE e.draw_id = d.draw_id
) a
WHERE d.draw_id = :draw_id OR d.session_id = :session_id ORDER BY d.drawn_at, d.draw_id;

-- name: add_entry(entry_id, stock_id, number, vial_id, draw_id, movement, from_account, to_account, mg, balance_mg, reference, reason, reverses, actor, witnesses, moved_at)!
-- An entry, for good.
INSERT INTO drug_entries (entry_id, stock_id, number, vial_id, draw_id, movement, from_account, to_account, mg, balance_mg, reference,
                          reason, reverses, actor, witnesses, moved_at)
VALUES (:entry_id, :stock_id, :number, :vial_id, :draw_id, :movement, :from_account, :to_account, :mg, :balance_mg, :reference,
        :reason, :reverses, :actor, :witnesses::text[], :moved_at);

-- name: entry(entry_id)^
-- One entry, and whether it was taken back.
SELECT e.entry_id, e.stock_id, e.vial_id, e.draw_id, e.movement, e.from_account, e.to_account, e.mg,
       EXISTS (SELECT 1 FROM drug_entries r WHERE r.reverses = e.entry_id) AS reversed
FROM drug_entries e WHERE e.entry_id = :entry_id;

-- name: register(stock_id, after, most)
-- A lot's entries in order, after a number: who, what, for whom, how much, and the balance.
SELECT e.number, e.entry_id, v.number AS vial, e.vial_id, e.movement, e.mg, e.balance_mg, e.draw_id, d.session_id, d.patient_id,
       e.reference, e.reason, e.reverses, e.actor, e.witnesses, e.moved_at
FROM drug_entries e JOIN drug_vials v USING (vial_id) LEFT JOIN drug_draws d USING (draw_id)
WHERE e.stock_id = :stock_id AND e.number > :after ORDER BY e.number LIMIT :most;

-- name: balances()
-- What each location, NDC and lot holds, when all of it was last counted, and by what sums.
SELECT s.stock_id, s.location, s.drug, s.ndc, s.lot, s.mg_per_ml,
       (SELECT e.balance_mg FROM drug_entries e WHERE e.stock_id = s.stock_id ORDER BY e.number DESC LIMIT 1) AS balance_mg,
       (SELECT json_object_agg(t.movement, t.mg::text) FROM (
            SELECT coalesce(o.movement, e.movement) AS movement, sum(CASE WHEN e.reverses IS NULL THEN e.mg ELSE -e.mg END) AS mg
            FROM drug_entries e LEFT JOIN drug_entries o ON o.entry_id = e.reverses WHERE e.stock_id = s.stock_id GROUP BY 1) t) AS sums,
       (SELECT max(c.confirmed_at) FROM drug_counts c WHERE c.stock_id = s.stock_id AND c.moment = 'inventory') AS inventory_at
FROM drug_stocks s ORDER BY s.location, s.drug, s.ndc, s.lot;

-- name: declare_disposal(disposal_id, movement, vial_id, draw_id, mg, reference, declared_by, declared_at)!
-- Somebody declared a waste or destruction.
INSERT INTO drug_disposals (disposal_id, movement, vial_id, draw_id, mg, reference, declared_by, declared_at)
VALUES (:disposal_id, :movement, :vial_id, :draw_id, :mg, :reference, :declared_by, :declared_at);

-- name: disposal(disposal_id)^
-- A declared waste or destruction.
SELECT disposal_id, movement, vial_id, draw_id, mg, reference, declared_by, declared_at, witnesses, done_at, withdrawn_at
FROM drug_disposals WHERE disposal_id = :disposal_id;

-- name: waiting_disposals()
-- What waits for its witnesses, oldest first.
SELECT disposal_id, movement, vial_id, draw_id, mg, reference, declared_by, declared_at, witnesses, done_at, withdrawn_at
FROM drug_disposals WHERE done_at IS NULL AND withdrawn_at IS NULL ORDER BY declared_at;

-- name: witness_disposal(disposal_id, witnesses, done_at, entry_id)!
-- A witness confirmed; with the last of them it is done.
UPDATE drug_disposals SET witnesses = :witnesses::text[], done_at = :done_at, entry_id = :entry_id WHERE disposal_id = :disposal_id;

-- name: withdraw_disposal(disposal_id, withdrawn_by, withdrawn_at)!
-- A declaration was a slip.
UPDATE drug_disposals SET withdrawn_by = :withdrawn_by, withdrawn_at = :withdrawn_at WHERE disposal_id = :disposal_id;
