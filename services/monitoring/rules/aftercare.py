"""After the infusion: until when there is no driving, when a stay is too long, and when somebody is called."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.monitoring.rules.recovery_tables import Call, Driving, Leaving, StayLimit


def no_drive_until(rule: Driving, ended_at: datetime, zone: ZoneInfo) -> datetime:
    """The earliest instant for driving, in the clinic's zone: an hour of the day after the end, and hours that really passed."""
    tomorrow = ended_at.astimezone(zone).date() + timedelta(days=1)
    morning = datetime.combine(tomorrow, rule.not_before, zone)
    rested = ended_at.astimezone(UTC) + timedelta(hours=rule.least_hours)
    return max(morning.astimezone(UTC), rested).astimezone(zone)


def stay_passed(limits: Sequence[StayLimit], ended_at: datetime, now: datetime) -> tuple[StayLimit | None, datetime | None]:
    """The last limit that a stay has passed, and when it passes the next."""
    passed = [row for row in limits if now >= ended_at + timedelta(minutes=row.minutes)]
    coming = limits[len(passed) :]
    return passed[-1] if passed else None, ended_at + timedelta(minutes=coming[0].minutes) if coming else None


def calls_after(calls: Sequence[Call], leaving: Leaving, left_at: datetime) -> list[datetime]:
    """When somebody who left is called."""
    return sorted(left_at + timedelta(hours=row.hours) for row in calls if row.after == leaving)
