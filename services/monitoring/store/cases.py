"""Counts of the drug cabinet, and cases of vials whose account does not come out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from kit.db import Tx
from services.monitoring.rules.ledger import Comparison
from services.monitoring.store.named import queries


@dataclass(frozen=True)
class Line:
    """A vial of a count: what should lie in it, and what does, in mg."""

    vial_id: UUID
    book_mg: Decimal
    counted_mg: Decimal


@dataclass(frozen=True)
class Counted:
    """A count; it holds once a second person confirmed it."""

    count_id: UUID
    stock_id: UUID
    moment: str
    entry_number: int
    """The stock's last entry when it was counted."""
    counted_by: str
    counted_at: datetime
    confirmed_by: str | None = None


@dataclass(frozen=True)
class Case:
    """A vial whose account does not come out, and who said why."""

    case_id: UUID
    vial_id: UUID
    draw_id: UUID | None
    count_id: UUID | None
    session_id: UUID | None
    chair: int | None
    expected_mg: Decimal
    found_mg: Decimal
    tolerance_mg: Decimal
    opened_by: str
    opened_at: datetime
    reason: str | None = None
    explained_by: str | None = None
    explained_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None


async def add_count(tx: Tx, stock_id: UUID, moment: str, entry_number: int, lines: Sequence[Line]) -> Counted:
    """Keep what one person counted."""
    fresh = Counted(tx.new_id(), stock_id, moment, entry_number, tx.actor, tx.now)
    await queries.add_count(
        tx.db,
        count_id=fresh.count_id,
        stock_id=stock_id,
        moment=moment,
        entry_number=entry_number,
        counted_by=tx.actor,
        counted_at=tx.now,
    )
    await queries.add_count_lines(
        tx.db,
        count_id=fresh.count_id,
        vials=[line.vial_id for line in lines],
        books=[line.book_mg for line in lines],
        counted=[line.counted_mg for line in lines],
    )
    return fresh


async def count(tx: Tx, count_id: UUID) -> Counted | None:
    """A count."""
    row = await queries.count_of(tx.db, count_id=count_id)
    return Counted(**dict(row)) if row else None


async def lines(tx: Tx, count_id: UUID) -> list[Line]:
    """The vials of a count."""
    return [Line(**dict(row)) async for row in queries.count_lines(tx.db, count_id=count_id)]


async def confirm(tx: Tx, count_id: UUID) -> None:
    """A second person counted the same."""
    await queries.confirm_count(tx.db, count_id=count_id, confirmed_by=tx.actor, confirmed_at=tx.now)


async def open_case(
    tx: Tx,
    vial_id: UUID,
    found: Comparison,
    *,
    draw_id: UUID | None = None,
    count_id: UUID | None = None,
    session_id: UUID | None = None,
    chair: int | None = None,
) -> UUID | None:
    """Open a case; None when one like it is open: one a draw, and one a vial for its counts."""
    opened: UUID | None = await queries.open_case(
        tx.db,
        case_id=tx.new_id(),
        vial_id=vial_id,
        draw_id=draw_id,
        count_id=count_id,
        session_id=session_id,
        chair=chair,
        expected_mg=found.expected,
        found_mg=found.found,
        tolerance_mg=found.tolerance,
        opened_by=tx.actor,
        opened_at=tx.now,
    )
    return opened


async def case(tx: Tx, case_id: UUID) -> Case | None:
    """One case."""
    row = await queries.case_of(tx.db, case_id=case_id)
    return Case(**dict(row)) if row else None


async def cases(tx: Tx, *, everything: bool) -> list[Case]:
    """Open cases, newest first; closed ones too when asked."""
    return [Case(**dict(row)) async for row in queries.cases(tx.db, everything=everything)]


async def explain(tx: Tx, case_id: UUID, reason: str) -> None:
    """Keep why the account does not come out, as the caller says."""
    await queries.explain_case(tx.db, case_id=case_id, reason=reason, explained_by=tx.actor, explained_at=tx.now)


async def close(tx: Tx, of: Case) -> bool:
    """A second person agrees. True when no open case of the same vial and session is left."""
    await queries.close_case(tx.db, case_id=of.case_id, closed_by=tx.actor, closed_at=tx.now)
    left: int = await queries.open_cases_like(tx.db, vial_id=of.vial_id, session_id=of.session_id)
    return left == 0
