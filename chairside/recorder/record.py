"""A session's record, as monitoring keeps it, ready to be played."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chairside.clinic import Clinic
from chairside.talk import ask
from services.monitoring.rules.comparison import Told, alarms
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.inputs import Reading
from services.monitoring.rules.recorder import Arrival, Heard, Logged, arrivals, missing, replay

ROLE = "reviewer"
Row = dict[str, Any]
PAGE = 500
"""Sessions asked for at once."""


@dataclass
class Record:
    """All that is kept of a session."""

    head: Row
    readings: list[Row]
    log: list[Arrival]

    @classmethod
    def of(cls, pages: Sequence[Row]) -> "Record":
        """From its pages. What arrived after the first page was read belongs to no page."""
        head = pages[0]["head"]
        rows = [row for page in pages for row in page["readings"] if (row["applied"] or 0) <= head["applied"]]
        noted = [
            Logged(one["applied"], seconds(one["taken_at"]), None, one["kind"], seconds(one["at"]), one["body"])
            for one in head["notes"]
        ]
        judged = [Logged(row["applied"], seconds(row["taken_at"]), _reading(row)) for row in rows if row["applied"] is not None]
        return cls(head, rows, arrivals([*noted, *judged]))

    @property
    def opened_at(self) -> datetime:
        """When the patient sat down."""
        return instant(self.head["session"]["opened_at"])

    @property
    def started_at(self) -> datetime | None:
        """When the drug began to run."""
        started = self.head["session"]["started_at"]
        return instant(started) if started else None

    @property
    def last(self) -> datetime:
        """The last instant of which something is known."""
        taken = [seconds(row["taken_at"] or row["received_at"]) for row in self.readings]
        moved = [seconds(move["moved_at"]) for move in self.head["moves"]]
        played = [arrival.at for arrival in self.log]
        return moment(max([self.opened_at.timestamp(), *taken, *moved, *played]))

    @property
    def versions(self) -> list[str]:
        """The limits it was judged by, as far as that was kept."""
        noted = [one["body"].get("limits", "") for one in self.head["notes"]]
        stored = [alarm["limits_version"].removesuffix("+patient") for alarm in self.head["alarms"]]
        return sorted({version for version in (*noted, *stored) if version})

    @property
    def missing(self) -> list[int]:
        """Arrivals that are not in the log."""
        return missing(self.log, self.head["applied"])

    def told(self, engine: Engine) -> list[Told]:
        """The engine's alarms, as they were told live."""
        return alarms(self.heard(engine))

    def heard(self, engine: Engine) -> list[Heard]:
        """All that people were told of the engine's alarms."""
        return replay(engine, self.log)[1]

    def others(self, told: Iterable[Told]) -> list[Row]:
        """Alarms that were raised by something else than the engine."""
        known = {(one.cause, one.raised) for one in told}
        return [alarm for alarm in self.head["alarms"] if (alarm["cause"], seconds(alarm["raised_at"])) not in known]

    def disagreements(self, told: Iterable[Told]) -> list[str]:
        """Where the alarms as they are stored are not those that were played."""
        stored = {(alarm["cause"], seconds(alarm["raised_at"])): alarm for alarm in self.head["alarms"]}
        found = []
        for one in told:
            when = f"{moment(one.raised):%H:%M:%S} {one.cause}"
            row = stored.get((one.cause, one.raised))
            if row is None:
                found.append(f"{when}: played, and not stored")
                continue
            ended = seconds(row["ended_at"]) if row["ended_at"] else None
            played = (one.now.priority, one.highest.priority, one.ended)
            if (row["priority"], row["highest"], ended) != played:
                found.append(f"{when}: stored as {row['priority']}, played as {one.now.priority}, or with another end")
        return found


def fetch(clinic: Clinic, session_id: str) -> Record:
    """A session's record, page by page. Each page is audited. Raises Problem."""
    pages: list[Row] = []
    after = None
    while not pages or after is not None:
        pages.append(ask(clinic, "monitoring", "POST", f"/sessions/{session_id}/record", role=ROLE, json={"after": after}))
        after = pages[-1]["next"]
    return Record.of(pages)


def sessions(clinic: Clinic, since: datetime, until: datetime) -> Iterator[Row]:
    """The sessions that are over and were opened in a period, the first first. Raises Problem."""
    query: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat(), "most": PAGE}
    while True:
        page = ask(clinic, "monitoring", "GET", "/records", role=ROLE, query=query)
        yield from page["sessions"]
        if not page["more"]:
            return
        last = page["sessions"][-1]
        query |= {"since": last["opened_at"], "after": last["session_id"]}


def _reading(row: Row) -> Reading:
    values = dict(sorted(row["values"].items()))
    return Reading(
        seconds(row["measured_at"]), row["device_id"], values, row["method"] == "continuous", row["method"] == "manual"
    )


def instant(text: str) -> datetime:
    """An instant of ISO 8601."""
    return datetime.fromisoformat(text)


def seconds(text: str) -> float:
    """An instant of ISO 8601, in seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def moment(at: float) -> datetime:
    """Seconds since the epoch, as an instant."""
    return datetime.fromtimestamp(at, UTC)


def named(text: str, record: Record) -> datetime:
    """An instant as somebody types it: 10:42:07 of the session's day (UTC), +00:12:30 from its start, or ISO 8601.

    Raises ValueError.
    """
    text = text.strip()
    if text.startswith("+"):
        return (record.started_at or record.opened_at) + _span(text[1:])
    if "T" in text or " " in text:
        full = datetime.fromisoformat(text)
        return full if full.tzinfo else full.replace(tzinfo=UTC)
    midnight = record.opened_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + _span(text)
    return at if at >= record.opened_at.replace(microsecond=0) or record.last < at + timedelta(days=1) else at + timedelta(days=1)


def _span(text: str) -> timedelta:
    parts = [float(part) for part in text.split(":")]
    if not 2 <= len(parts) <= 3 or not all(0 <= part < 60 for part in parts[1:]) or not 0 <= parts[0] < 48:
        raise ValueError(f"{text!r} is no time")
    hours, minutes, rest = (*parts, 0.0)[:3]
    return timedelta(hours=hours, minutes=minutes, seconds=rest)
