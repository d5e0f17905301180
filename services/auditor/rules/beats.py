"""Beats: whether the watchers live, and whether they know of the same alarms as we do."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Keeper = Literal["monitoring", "notifications"]
KEEPERS: tuple[Keeper, ...] = ("monitoring", "notifications")


@dataclass(frozen=True)
class Beat:
    """A proof of life: when it was said on the clinic's clock and on the wall's, and the high alarms it names."""

    kept_at: datetime
    said_at: datetime
    open_high: frozenset[UUID]


def said_on_the_wall(kept_at: datetime, now: datetime, wall: datetime, rate: float) -> datetime:
    """When a beat was said, on the wall's clock: as long before it was read as the clinic's clock says, and never after."""
    return wall - max(timedelta(0), (now - kept_at) / rate)


def fresh(beats: Sequence[Beat], wall: datetime, limit: timedelta) -> bool:
    """Whether the last beat is young enough."""
    return bool(beats) and wall - beats[-1].said_at <= limit


def silent(beats: Sequence[Beat], listening_since: datetime, wall: datetime, limit: timedelta) -> bool:
    """Whether no beat came for too long while we listened."""
    return not fresh(beats, wall, limit) and wall - listening_since > limit


def unpublished(watch: Sequence[Beat], said: AbstractSet[UUID]) -> set[UUID]:
    """Alarms that monitoring named as open at two beats, and never said on its topic."""
    return set(watch[-1].open_high & watch[-2].open_high) - said if len(watch) > 1 else set()


def unpaged(paging: Sequence[Beat], standing: Mapping[UUID, datetime]) -> set[UUID]:
    """High alarms that stand since before two beats of notifications, neither of which names them."""
    if len(paging) < 2:
        return set()
    first, last = paging[-2:]
    known = first.open_high | last.open_high
    return {alarm_id for alarm_id, since in standing.items() if since <= first.kept_at and alarm_id not in known}
