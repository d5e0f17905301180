"""A clinic that is up: its addresses, its clock, and tokens to speak with it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from chairside.embedded.datadir import default_folder, held_by_somebody, write_private
from chairside.problem import Problem
from chairside.tokens import Keys
from kit.clock import RunningClock

START_IT = "Start it: chairside up."


@dataclass(frozen=True)
class Clinic:
    """What a command needs to know of a running clinic."""

    data: Path
    kafka: str
    prefix: str
    services: dict[str, str]
    """Base address by service name."""
    clock: RunningClock

    def token(self, role: str, *, subject: str | None = None, hours: float = 12) -> str:
        """A bearer token; `subject` is a staff or device id (default: the role). Raises Problem for an unknown role."""
        return Keys(self.data).token(role, subject=subject or role, lasts=timedelta(hours=hours))

    def dsn(self, service: str) -> str:
        """The address of a service's own database, password included."""
        return (self.data / "secrets" / f"dsn-{service}").read_text()

    def write(self) -> None:
        """Leave the addresses where `find` looks."""
        clock = self.clock
        known = {
            "kafka": self.kafka,
            "prefix": self.prefix,
            "services": self.services,
            "clock": [clock.wall_anchor.isoformat(), clock.domain_anchor.isoformat(), clock.rate],
        }
        write_private(file_in(self.data), json.dumps(known, indent=2))


def file_in(data: Path) -> Path:
    """Where a running clinic's addresses are."""
    return data / "clinic.json"


def find(data: Path | None = None) -> Clinic:
    """The clinic that is up in a data folder. Raises Problem when none is."""
    path = (data or default_folder()).absolute()
    if not held_by_somebody(path):
        raise Problem(f"No clinic is up in {path}.", todo=START_IT)
    try:
        known = json.loads(file_in(path).read_text())
    except FileNotFoundError:
        raise Problem(f"The clinic in {path} is still starting.", todo="Try again in some seconds.") from None
    wall_anchor, domain_anchor, rate = known["clock"]
    clock = RunningClock(datetime.fromisoformat(wall_anchor), datetime.fromisoformat(domain_anchor), rate)
    return Clinic(path, known["kafka"], known["prefix"], known["services"], clock)
