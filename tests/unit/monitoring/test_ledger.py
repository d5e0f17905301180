"""The drug ledger's rules: nothing goes below nothing, and a difference beyond tolerance is a case."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.monitoring.drug_ledger import Movement
from services.monitoring import tables
from services.monitoring.api.ledger import Quantity
from services.monitoring.rules.deadlines import business_days_after
from services.monitoring.rules.ledger import (
    Account,
    Draw,
    Holding,
    Posting,
    Short,
    by_formula,
    compare,
    may_witness,
    missing,
    plain,
    post,
    report_by,
    too_much,
)

RULES = tables.drug_ledger()
MOVEMENTS: list[Movement] = [row.id for row in RULES.movement]
mg = Decimal
NOTHING = mg(0)


@dataclass
class Book:
    """A lot of two vials, as its entries make it."""

    entries: list[tuple[Movement, int, Account, Account, Decimal]] = field(default_factory=list)
    balance: Decimal = NOTHING

    def net(self, account: Account, vial: int) -> Decimal:
        moved = [(source, target, amount) for _, v, source, target, amount in self.entries if v == vial]
        return sum((amount * ((target == account) - (source == account)) for source, target, amount in moved), mg(0))

    def enter(self, movement: Movement, vial: int, source: Account, target: Account, amount: Decimal) -> Posting | Short:
        posted = post(source, target, amount, Holding(self.balance, self.net("shelf", vial), self.net("hand", vial)))
        if isinstance(posted, Posting):
            self.entries.append((movement, vial, source, target, amount))
            self.balance = posted.balance
        return posted


amounts = st.decimals(min_value="0.001", max_value="500", places=3)
steps = st.tuples(st.sampled_from(MOVEMENTS), st.integers(0, 1), amounts, st.booleans())


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=40))
def test_whatever_moves_and_is_taken_back_the_formula_holds_and_nothing_is_negative(
    asked: list[tuple[Movement, int, Decimal, bool]],
) -> None:
    book, sums = Book(), defaultdict[str, Decimal](Decimal)
    for movement, vial, amount, take_back in asked:
        if take_back and book.entries:
            name, vial, source, target, back = book.entries[int(amount * 1000) % len(book.entries)]
            if isinstance(book.enter(name, vial, target, source, back), Posting):
                row = RULES.moves(name)
                sums[name] += back * (1 if (target, source) == (row.takes_from, row.gives_to) else -1)
        else:
            row = RULES.moves(movement)
            if isinstance(book.enter(movement, vial, row.takes_from, row.gives_to, amount), Posting):
                sums[movement] += amount
        shelf, hand = [book.net("shelf", v) for v in (0, 1)], [book.net("hand", v) for v in (0, 1)]
        assert by_formula(sums) == book.balance == sum(shelf + hand)
        assert min(*shelf, *hand, book.balance) >= 0
        drawn = sums["draw"]
        assert drawn == sums["give"] + sums["waste"] + sums["lose_drawn"] + sum(hand)


def test_what_is_short_is_told() -> None:
    assert post("shelf", "hand", mg("50.001"), Holding(mg(200), mg(50))) == Short("shelf", mg(50))
    assert post("hand", "administered", mg(10), Holding(mg(200), mg(50), mg(9))) == Short("hand", mg(9))
    assert post("shelf", "hand", mg(50), Holding(mg(200), mg(50))) == Posting("shelf", "hand", mg(50), mg(200))
    assert post("hand", "wasted", mg(9), Holding(mg(200), mg(50), mg(9))) == Posting("hand", "wasted", mg(9), mg(191))


COMPARED = [
    # drawn, found, mg/mL, outcome: 0.1 mL is 1 mg of 10 mg/mL and 5 mg of 50 mg/mL; 2 % of 50 mg is 1 mg
    ("50", "50", "10", "exact"),
    ("50", "49", "10", "within tolerance"),
    ("50", "48.999", "10", "beyond tolerance"),
    ("50", "48.5", "10", "beyond tolerance"),  # S20
    ("50", "51", "10", "within tolerance"),
    ("50", "51.001", "10", "beyond tolerance"),
    ("50", "48.5", "50", "within tolerance"),
    ("50", "45", "50", "within tolerance"),
    ("50", "44.999", "50", "beyond tolerance"),
    ("500", "490", "10", "within tolerance"),  # 2 % is the larger one
    ("500", "489.999", "10", "beyond tolerance"),
    ("0", "1.001", "10", "beyond tolerance"),
]


@pytest.mark.parametrize(("expected", "found", "strength", "outcome"), COMPARED)
def test_the_edges_of_the_tolerance(expected: str, found: str, strength: str, outcome: str) -> None:
    assert compare(mg(expected), mg(found), mg(strength), RULES.tolerance).outcome == outcome


def draw(**changed: object) -> Draw:
    told: dict[str, object] = {
        "drawn": mg(50),
        "given": mg(41),
        "wasted": mg(9),
        "lost": mg(0),
        "waiting": None,
        "wasted_up": True,
        "open_case": False,
    }
    return Draw(label=AT, **(told | changed))  # type: ignore[arg-type]


AT = "draw of 09:12"
MISSING = [
    ("all explained", [draw()], True, []),
    ("no infusion, no draw", [], False, []),
    ("an infusion without a draw", [], True, ["no draw is recorded for this infusion"]),
    ("not all wasted", [draw(wasted=mg(0), wasted_up=False)], True, [f"{AT}: 9 mg are neither given nor wasted"]),
    ("all given", [draw(given=mg(50), wasted=mg(0), wasted_up=False)], True, []),
    (
        "a waste nobody saw",
        [draw(wasted=mg(0), waiting=mg("7.5"))],
        True,
        [f"{AT}: a waste of 7.5 mg waits for its witness"],
    ),
    ("an open case", [draw(open_case=True)], True, [f"{AT}: the count does not match and the case is open"]),
    ("within tolerance", [draw(wasted=mg("8.5"))], True, []),
]


@pytest.mark.parametrize(("draws", "infused", "told"), [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
def test_what_of_a_session_is_missing(draws: list[Draw], infused: bool, told: list[str]) -> None:
    assert list(missing(draws, infused=infused)) == told


def test_a_dose_is_too_much_from_a_tenth_above_the_order() -> None:
    assert [too_much(mg("41"), mg(given), RULES.dose) for given in ("41", "45.099", "45.1", "50")] == [False, False, True, True]


def test_who_may_witness() -> None:
    assert may_witness("b", "a", ["a"], []) == ""
    assert "declared" in may_witness("a", "a", [], [])
    assert "gave" in may_witness("c", "a", ["c"], [])
    assert "once" in may_witness("b", "a", [], ["b"])


def test_by_when_a_loss_is_told() -> None:
    friday = date(2026, 3, 6)
    assert report_by(friday, RULES.loss) == (date(2026, 3, 9), date(2026, 4, 20))
    assert [business_days_after(friday, n) for n in (0, 1, 5, 6)] == [friday, *(date(2026, 3, d) for d in (9, 13, 16))]


@given(st.dates(max_value=date(2100, 1, 1)), st.integers(1, 60))
def test_business_days_are_weekdays_and_count_up(day: date, count: int) -> None:
    days = [business_days_after(day, n) for n in range(1, count + 1)]
    assert all(d.weekday() < 5 for d in days)
    assert all(a < b for a, b in pairwise([day, *days]))


def test_volumes_become_milligrams_without_a_rounding() -> None:
    assert Quantity.model_validate({"ml": "0.1"}).in_mg(mg(50)) == mg(5)
    assert Quantity.model_validate({"ml": 0.145}).in_mg(mg(10)) == mg("1.45")
    assert plain(mg("7.500")) == "7.5"
    assert plain(mg("50.000")) == "50"


@pytest.mark.parametrize(
    "bad", [{}, {"mg": 1, "ml": 1}, {"mg": True}, {"mg": "NaN"}, {"mg": -1}, {"mg": 1.0005}, {"mg": 1e9}, {"mg": "x"}]
)
def test_a_quantity_is_one_exact_number(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Quantity.model_validate(bad)
