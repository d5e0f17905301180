"""When a message to a patient may go, and by which channel: quiet hours, limits, and until when it is useful (clinical 6.3)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from kit.tables import Row, Table
from schemas.notifications.messages import MessageChannel, TaskKind

CHANNELS: tuple[MessageChannel, ...] = ("sms", "email")
"""In the order they are tried."""
Reason = Literal["no consent", "limit", "quiet hours", "too late", "no channel left"]


class Quiet(Row):
    """Messages go from `opens` until before `closes`, on the patient's clock."""

    opens: time
    closes: time

    @model_validator(mode="after")
    def _is_a_day(self) -> "Quiet":
        if not self.opens < self.closes:
            raise ValueError("opens must be before closes")
        return self

    def allows(self, local: datetime) -> bool:
        """Whether a message may arrive at this local time."""
        return self.opens <= local.time() < self.closes


class Limit(Row):
    """No more than `most` by a channel in so many of the patient's calendar days, the last one included."""

    channel: MessageChannel
    days: int = Field(ge=1, le=31)
    most: int = Field(ge=1)


class Exempt(Row):
    """What neither limit nor quiet hour holds back."""

    kind: Literal["crisis", "answer"]


class Reminder(Row):
    """A reminder, so many hours before an appointment."""

    name: str = Field(pattern=r"^[0-9a-z -]{1,20}$")
    hours_before: float = Field(gt=0)
    useful_until_hours_before: float = Field(ge=0)
    wording: Literal["reminder", "question"]
    asks: bool
    """Asks for preparation and ride: somebody calls when it can't go."""

    def due(self, starts_at: datetime) -> datetime:
        """When it is due."""
        return starts_at - timedelta(hours=self.hours_before)

    def until(self, starts_at: datetime) -> datetime:
        """From when on it is of no use."""
        return starts_at - timedelta(hours=self.useful_until_hours_before)


class Confirmation(Row):
    """When staff are told that preparation or ride are not confirmed."""

    missing_at_hours_before: float = Field(gt=0)


class CheckInRule(Row):
    """When a patient who went home is asked how they are."""

    hours_after: float = Field(gt=0)
    useful_until_hours_after: float = Field(gt=0)


class Retry(Row):
    """When a message is tried again after its channels were away."""

    minutes: float = Field(gt=0)


class TaskRule(Row):
    """By when staff have done a task."""

    kinds: tuple[TaskKind, ...]
    due_hours: float = Field(ge=0)


class Keyword(Row):
    """Whole replies that mean one thing; `filler` means nothing."""

    means: Literal["stop", "start", "confirm", "help", "filler"]
    words: tuple[str, ...] = Field(min_length=1)
    also_read: bool = False
    """A person reads it too: it may mean something else as well."""


class Crisis(Row):
    """Words that bring a reply to a person at once."""

    phrases: tuple[str, ...] = Field(min_length=1)


class MessageRules(Table):
    """All of it."""

    quiet: Quiet
    limit: tuple[Limit, ...]
    exempt: tuple[Exempt, ...]
    reminder: tuple[Reminder, ...] = Field(min_length=1)
    confirmation: Confirmation
    check_in: CheckInRule
    retry: Retry
    task: tuple[TaskRule, ...]
    keyword: tuple[Keyword, ...]
    crisis: tuple[Crisis, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "MessageRules":
        names = [row.name for row in self.reminder]
        if len(set(names)) < len(names) or "check-in" in names:
            raise ValueError("each reminder has a name of its own, other than 'check-in'")
        if any(row.useful_until_hours_before >= row.hours_before for row in self.reminder):
            raise ValueError("a reminder is useful until after it is due")
        kinds = [kind for row in self.task for kind in row.kinds]
        if sorted(kinds) != sorted(get_args(TaskKind)):
            raise ValueError("each kind of task has exactly one row")
        if {row.kind for row in self.exempt} != {"crisis", "answer"}:
            raise ValueError("crisis numbers and answers to a patient's own message are exempt: say so in a row each")
        if {row.means for row in self.keyword} != {"stop", "start", "confirm", "help", "filler"}:
            raise ValueError("each meaning of a reply has at least one row of words")
        return self

    def named(self, name: str) -> Reminder | None:
        """The reminder of a name, if there is still one."""
        return next((row for row in self.reminder if row.name == name), None)


@dataclass(frozen=True)
class Go:
    """It goes now, by this channel."""

    channel: MessageChannel


@dataclass(frozen=True)
class Wait:
    """It may go then."""

    at: datetime


@dataclass(frozen=True)
class Held:
    """It won't go, and why."""

    reason: Reason


Sent = Mapping[MessageChannel, Sequence[datetime]]
"""When messages went to a patient, by channel."""


def decide(
    rules: MessageRules, now: datetime, until: datetime, zone: ZoneInfo, open_channels: Collection[MessageChannel], sent: Sent
) -> Go | Wait | Held:
    """Whether a message that is due may go now, when it may, or why it will not: the earliest instant, the first channel."""
    if not open_channels:
        return Held("no consent")
    if now >= until:
        return Held("too late")
    found: list[tuple[datetime, MessageChannel]] = []
    for channel in CHANNELS:
        if channel in open_channels:
            at = earliest(rules, now, until, zone, channel, sent.get(channel, ()))
            if at is not None:
                found.append((at, channel))
    if found:
        at, channel = min(found, key=lambda one: one[0])
        return Go(channel) if at <= now else Wait(at)
    return Held("limit" if any(True for _ in _openings(rules.quiet, now, until, zone)) else "quiet hours")


def earliest(
    rules: MessageRules, now: datetime, until: datetime, zone: ZoneInfo, channel: MessageChannel, sent: Sequence[datetime]
) -> datetime | None:
    """The first instant from now on and before `until` at which quiet hours and limits let one more message go; None if never."""
    limits = [row for row in rules.limit if row.channel == channel]
    return next((at for at in _openings(rules.quiet, now, until, zone) if _room(limits, at, zone, sent)), None)


def closes_at(quiet: Quiet, now: datetime, zone: ZoneInfo) -> datetime:
    """When the quiet hours after now begin."""
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=int(local.time() >= quiet.closes))
    return datetime.combine(day, quiet.closes, zone).astimezone(UTC)


def days_end(quiet: Quiet, now: datetime, zone: ZoneInfo) -> datetime:
    """Until when somebody who asked to be called today is called: the end of today's hours; now, if they are over."""
    return max(now, datetime.combine(now.astimezone(zone).date(), quiet.closes, zone).astimezone(UTC))


def _openings(quiet: Quiet, now: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Now, if it is no quiet hour, and the beginning of each day after it: between those nothing changes."""
    if quiet.allows(now.astimezone(zone)) and now < until:
        yield now
    day = now.astimezone(zone).date()
    while True:
        at = datetime.combine(day, quiet.opens, zone).astimezone(UTC)
        if at >= until:
            return
        if at > now and quiet.allows(at.astimezone(zone)):
            yield at
        day += timedelta(days=1)


def _room(limits: Sequence[Limit], at: datetime, zone: ZoneInfo, sent: Sequence[datetime]) -> bool:
    today = at.astimezone(zone).date()
    days = [(today - instant.astimezone(zone).date()).days for instant in sent]
    return all(sum(0 <= ago < row.days for ago in days) < row.most for row in limits)
