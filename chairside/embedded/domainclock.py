"""The clinic's clock: a wall anchor, a domain anchor and a rate, renewed at each start and never going back."""

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from chairside.embedded.datadir import write_private
from kit.clock import RunningClock

EVERY_S = 1.0
"""Wall seconds between two notes of how far the clock has come."""


@dataclass(frozen=True)
class DomainClock:
    """The clock of a data folder. `note` is called every second; what was told after the last note stays below `margin`."""

    file: Path
    clock: RunningClock

    @classmethod
    def renewed(cls, file: Path, *, wall: datetime, rate: float, begin: datetime | None = None) -> "DomainClock":
        """Go on from the latest of the wall, `begin`, and where the clinic's time had come. Raises ValueError for a rate <= 0."""
        domain = max(wall, begin or wall)
        with contextlib.suppress(FileNotFoundError):
            domain = max(domain, reached(file))
        renewed = cls(file, RunningClock(wall, domain, rate))
        renewed.note(wall)
        return renewed

    def note(self, wall: datetime) -> None:
        """Write down how far domain time may come until the next note, so that no restart can go below it."""
        ahead = wall + timedelta(seconds=3 * EVERY_S)
        until = self.clock.domain_anchor + (ahead - self.clock.wall_anchor) * self.clock.rate
        write_private(self.file, json.dumps({"reached": until.isoformat()}))

    def environment(self) -> dict[str, str]:
        """The settings that give every process this clock."""
        return {
            "CHAIRSIDE_CLOCK_WALL": self.clock.wall_anchor.isoformat(),
            "CHAIRSIDE_CLOCK_DOMAIN": self.clock.domain_anchor.isoformat(),
            "CHAIRSIDE_CLOCK_RATE": repr(self.clock.rate),
        }


def reached(file: Path) -> datetime:
    """The domain instant below which no clock of this folder may start again."""
    return datetime.fromisoformat(json.loads(file.read_text())["reached"])
