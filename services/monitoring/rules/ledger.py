"""The drug ledger: what may move, when a difference is a case, and what of a session is still unexplained. mg, exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, get_args

from pydantic import Field, model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import Priority
from schemas.monitoring.drug_ledger import Movement, Outcome
from services.monitoring.rules.deadlines import business_days_after

Account = Literal["supply", "elsewhere", "shelf", "hand", "administered", "wasted", "destroyed", "lost"]
OURS: tuple[Account, ...] = ("shelf", "hand")
"""Accounts that make up a lot's balance: what lies in vials, and what was drawn and is neither given nor gone."""
HUNDRED = Decimal(100)


class Tolerance(Row):
    """A difference beyond the larger of the two is a case."""

    millilitres: Decimal = Field(gt=0)
    percent: Decimal = Field(gt=0)


class Retention(Row):
    """How long entries are kept: the law's years, and ours."""

    years: int
    legal_years: int


class Inventory(Row):
    """How often all must be counted."""

    years: int


class Loss(Row):
    """Whom to tell of a theft or loss, and by when."""

    notify_business_days: int
    notify: str
    form_days: int
    form: str


class Dose(Row):
    """How far a dose may be above what was ordered before it is reviewed."""

    off_percent: Decimal = Field(gt=0)


class Block(Row):
    """What a case does: an alarm without a drug's name, and the vial stays shut."""

    alarm_priority: Priority
    alarm_title: str
    alarm_advice: str


class Drug(Row):
    """A controlled drug of this clinic."""

    id: str
    schedule: str
    dea_code: str


class Strength(Row):
    """A concentration that vials come in."""

    mg_per_ml: Decimal = Field(gt=0)
    note: str


class Count(Row):
    """An occasion on which two people count."""

    id: str
    label: str


class Moves(Row):
    """A movement: the account it takes from, the one it gives to, and who must see it."""

    id: Movement
    takes_from: Account
    gives_to: Account
    witnesses: int = Field(ge=0)
    when_blocked: bool
    reference: str


class DrugLedger(Table):
    """The ledger's rules."""

    tolerance: Tolerance
    retention: Retention
    inventory: Inventory
    loss: Loss
    dose: Dose
    block: Block
    drug: tuple[Drug, ...]
    strength: tuple[Strength, ...]
    count: tuple[Count, ...]
    movement: tuple[Moves, ...]

    @model_validator(mode="after")
    def _whole(self) -> "DrugLedger":
        named, known = sorted(row.id for row in self.movement), sorted(set(get_args(Movement)) - {"reverse"})
        if named != known:
            raise ValueError(f"the movements must be each of {known}, once")
        return self

    def moves(self, movement: Movement) -> Moves:
        """The row of a movement."""
        return next(row for row in self.movement if row.id == movement)


@dataclass(frozen=True)
class Holding:
    """What is where before something moves, in mg."""

    balance: Decimal
    """Of the location, NDC and lot."""
    shelf: Decimal
    """In the vial."""
    hand: Decimal = Decimal(0)
    """Drawn, and neither given nor gone."""


@dataclass(frozen=True)
class Posting:
    """A movement that may be written: from, to, and the lot's balance afterwards."""

    takes_from: Account
    gives_to: Account
    mg: Decimal
    balance: Decimal


@dataclass(frozen=True)
class Short:
    """A movement that would make an account negative, and what that account holds."""

    account: Account
    held: Decimal


def post(takes_from: Account, gives_to: Account, mg: Decimal, holding: Holding) -> Posting | Short:
    """Move milligrams from one account to another; to take an entry back, swap its two accounts."""
    held = {"shelf": holding.shelf, "hand": holding.hand}.get(takes_from)
    if held is not None and mg > held:
        return Short(takes_from, held)
    change = mg * ((gives_to in OURS) - (takes_from in OURS))
    if holding.balance + change < 0:
        return Short(takes_from, holding.balance)
    return Posting(takes_from, gives_to, mg, holding.balance + change)


@dataclass(frozen=True)
class Comparison:
    """What was found against what was expected, in mg."""

    expected: Decimal
    found: Decimal
    difference: Decimal
    """Expected less found: above 0 something is missing."""
    tolerance: Decimal
    outcome: Outcome


def compare(expected: Decimal, found: Decimal, mg_per_ml: Decimal, rule: Tolerance) -> Comparison:
    """Judge a difference; the percentage is of what was expected."""
    difference = expected - found
    tolerance = max(rule.millilitres * mg_per_ml, expected * rule.percent / HUNDRED)
    outcome: Outcome = "exact" if difference == 0 else "within tolerance" if abs(difference) <= tolerance else "beyond tolerance"
    return Comparison(expected, found, difference, tolerance, outcome)


@dataclass(frozen=True)
class Draw:
    """What became of a draw, in mg."""

    label: str
    """When, and from which vial, in a nurse's words."""
    drawn: Decimal
    given: Decimal
    wasted: Decimal
    lost: Decimal
    waiting: Decimal | None
    """A waste that waits for its witness."""
    wasted_up: bool
    """A witnessed waste said that nothing is left."""
    open_case: bool

    @property
    def explained(self) -> Decimal:
        """Given, wasted or reported lost."""
        return self.given + self.wasted + self.lost

    @property
    def settled(self) -> bool:
        """Whether all was given, or the rest wasted before a witness."""
        return self.waiting is None and (self.wasted_up or self.drawn == self.explained)


def missing(draws: Sequence[Draw], *, infused: bool) -> tuple[str, ...]:
    """What keeps a session from being reconciled; nothing when all is explained. An infusion without a draw is not."""
    found = [] if draws or not infused else ["no draw is recorded for this infusion"]
    for draw in draws:
        if draw.waiting is not None:
            found.append(f"{draw.label}: a waste of {plain(draw.waiting)} mg waits for its witness")
        elif not draw.settled:
            found.append(f"{draw.label}: {plain(draw.drawn - draw.explained)} mg are neither given nor wasted")
        if draw.open_case:
            found.append(f"{draw.label}: the count does not match and the case is open")
    return tuple(found)


def too_much(ordered: Decimal, given: Decimal, rule: Dose) -> bool:
    """Whether so much more was given than ordered, in mg, that it must be reviewed."""
    return given >= ordered * (HUNDRED + rule.off_percent) / HUNDRED


def may_witness(person: str, declared_by: str, gave: Sequence[str], witnessed: Sequence[str]) -> str:
    """Why a person may not witness a waste or destruction; empty when they may."""
    if person == declared_by:
        return "whoever declared it cannot witness it"
    if person in gave:
        return "whoever gave the drug cannot witness what was left of it"
    return "one person witnesses once" if person in witnessed else ""


def report_by(discovered_on: date, rule: Loss) -> tuple[date, date]:
    """By when a theft or loss is told to the field office, and filed on the form."""
    return business_days_after(discovered_on, rule.notify_business_days), discovered_on + timedelta(days=rule.form_days)


def by_formula(sums: Mapping[str, Decimal]) -> Decimal:
    """opening + received + transfer in - administered - wasted - destroyed - lost - transfer out, from sums by movement."""
    zero = Decimal(0)
    came = sum((sums.get(name, zero) for name in ("opening", "receive", "transfer_in")), zero)
    went = ("give", "waste", "vial_waste", "destroy", "lose", "lose_drawn", "transfer_out")
    return came - sum((sums.get(name, zero) for name in went), zero)


def plain(mg: Decimal) -> str:
    """A quantity as people write it: 7.5, not 7.500."""
    return f"{mg.normalize():f}"
