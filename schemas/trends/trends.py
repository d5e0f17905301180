"""Trends: what the readings and the alarms of a session amount to, and the alarm load of the clinic."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant, Part
from schemas.monitoring.alarms import Priority
from schemas.topic import SESSION_PARTITIONS, Topic


class Beyond(Part):
    """How long a vital sign was beyond one limit."""

    alarm: str
    """The row of the alarm limits, such as A1."""
    priority: Priority
    direction: Literal["high", "low"]
    seconds: float
    """Of 10 s means; a gap between readings counts as the value before it, for 90 s at most."""


class Trend(Part):
    """One vital sign's course."""

    code: str
    unit: str
    baseline: float
    latest: float
    change: float
    """Latest less baseline, in the unit."""
    slope_per_minute: float
    """Least-squares slope over the window, in the unit per minute."""
    samples: int
    beyond: tuple[Beyond, ...] = ()
    """Time beyond limits since the session began; a limit that is not named was not crossed."""


class TrendComputed(Event):
    """This is how a session's vital signs move. It informs; it never decides an alarm."""

    session_id: UUID
    trends: tuple[Trend, ...]
    window_minutes: int
    limits_version: str = ""
    computed_at: Instant


class SignSummary(Part):
    """One vital sign over a whole session; from the infusion's start on, where there was one."""

    code: str
    unit: str
    baseline: float
    """The mean before the infusion, in the unit; of the first minute measured, where nothing was measured before."""
    least: float
    most: float
    mean: float
    peak_change: float
    """The largest departure from baseline in either direction, in the unit."""
    peak_at: Instant
    samples: int
    beyond: tuple[Beyond, ...] = ()


class PriorityLoad(Part):
    """Alarms of one priority. A raised priority is told anew, and counts at each priority it was told at."""

    priority: Priority
    told: int
    answered: int
    median_seconds: float | None
    """From telling to the first answer at that priority; whole seconds below two minutes, tens of seconds above."""
    longest_seconds: float | None


class SessionSummarised(Event):
    """A session is over, and this is what it came to. Said anew when a later fact changes it: the one with most facts stands."""

    session_id: UUID
    started_at: Instant | None
    """Null where no drug ran."""
    over_at: Instant
    minutes: float
    """From the infusion's start to the end of the session; 0 where no drug ran."""
    signs: tuple[SignSummary, ...]
    alarms: tuple[PriorityLoad, ...]
    technical: int
    limits_version: str
    facts: int
    """How many readings, alarm facts and session facts it rests on."""


class LoadCount(Part):
    """One thing that counts towards the clinic's alarm load."""

    what: Literal["alarm", "answer", "chatter", "start", "over", "watched"]
    """An alarm told; its first answer; a third telling within a minute; an infusion begun; its session over; a stretch of one."""
    at: Instant
    """When it belongs: an answer with its alarm, an `over` with its start, a stretch with its beginning."""
    priority: Priority | None = None
    technical: bool = False
    seconds: float = 0.0
    """Of an answer or a stretch."""


class AlarmLoadCounted(Event):
    """One fact about an alarm or a session adds this to the clinic's alarm load. Said twice of one place, it counts once."""

    clinic: str = "clinic"
    topic: str
    partition: int
    offset: int
    """Where the fact itself lies: its topic, partition and offset."""
    counts: tuple[LoadCount, ...]
    counted_at: Instant


class AlarmLoadComputed(Event):
    """The clinic's alarm load in one hour, so far. Said anew with each fact of that hour: the last one stands."""

    clinic: str = "clinic"
    hour: Instant
    """Its beginning."""
    alarms: tuple[PriorityLoad, ...]
    technical: int
    """Alarms about watching itself, among those told."""
    session_seconds: float
    """Of sessions that are over: how long they ran within this hour, from the infusion's start."""
    running: int
    """Infusions begun in this hour whose session is not over: a reader adds their time until now, in this hour and later ones."""
    running_seconds: float
    """Their time from start to the end of this hour."""
    most_in_ten_minutes: int
    """Alarms told in the worst of its six ten-minute windows."""
    flood_minutes: int
    """Minutes in windows with more alarms than the flood limit."""
    chattering: int
    """Tellings that were the third or later of one alarm within a minute."""
    facts: int
    computed_at: Instant


TRENDS = Topic(
    "trends",
    "trends",
    (TrendComputed, SessionSummarised, AlarmLoadCounted, AlarmLoadComputed),
    key=("session_id", "clinic"),
    partitions=SESSION_PARTITIONS,
)
