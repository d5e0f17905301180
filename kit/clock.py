"""Two clocks: `domain` for what the clinic decides, `wall` for tokens, leases, back-off and metrics."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID, uuid4


def new_id() -> UUID:
    """A fresh random identifier: the one place that draws one."""
    return uuid4()


def wall() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never step back, for measuring durations."""
    return time.monotonic()


class Clock(Protocol):
    """What a service may ask of the domain clock."""

    @property
    def rate(self) -> float:
        """Domain seconds per wall second. Skew and lateness bounds are multiplied by it."""

    def now(self) -> datetime:
        """The domain instant, in UTC."""

    def seconds_until(self, instant: datetime) -> float:
        """Wall seconds until a domain instant; 0 once it has come."""

    def subscribe(self, waker: asyncio.Event) -> None:
        """Set `waker` whenever the clock jumps."""


@dataclass(frozen=True)
class RunningClock:
    """Domain time as a wall anchor, a domain anchor and a rate. Rate 1 and equal anchors are the ordinary clock."""

    wall_anchor: datetime
    domain_anchor: datetime
    rate: float = 1.0

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"a clock's rate is above 0, got {self.rate}")

    def now(self) -> datetime:
        """The domain instant, in UTC."""
        return self.domain_anchor + (wall() - self.wall_anchor) * self.rate

    def seconds_until(self, instant: datetime) -> float:
        """Wall seconds until a domain instant; 0 once it has come."""
        return max(0.0, (instant - self.now()).total_seconds() / self.rate)

    def subscribe(self, waker: asyncio.Event) -> None:
        """It never jumps."""


@dataclass
class HandClock:
    """Domain time that stands still until a story turns it."""

    at: datetime
    rate: float = 1.0
    _wakers: list[asyncio.Event] = field(default_factory=list)

    def now(self) -> datetime:
        """The domain instant, in UTC."""
        return self.at

    def seconds_until(self, instant: datetime) -> float:
        """0 once the instant has come, else for ever."""
        return 0.0 if instant <= self.at else float("inf")

    def subscribe(self, waker: asyncio.Event) -> None:
        """Set `waker` whenever the clock is turned."""
        self._wakers.append(waker)

    def turn_to(self, instant: datetime) -> None:
        """Move to a later instant. Raises ValueError for an earlier one."""
        if instant < self.at:
            raise ValueError("a clinic's clock never goes back")
        self.at = instant
        for waker in self._wakers:
            waker.set()


def ordinary_clock() -> RunningClock:
    """The domain clock outside simulations: the wall's own time."""
    start = wall()
    return RunningClock(start, start)


async def pause(waker: asyncio.Event, seconds: float) -> None:
    """Wait until the waker is set or the seconds are over, then clear it."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(waker.wait(), seconds)
    waker.clear()
