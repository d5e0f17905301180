"""No driving, across midnight and the clock's changes; the longest stay; when somebody is called."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.monitoring import tables
from services.monitoring.rules.aftercare import calls_after, no_drive_until, stay_passed
from services.monitoring.rules.recovery_tables import HomeGate
from services.monitoring.settings import MonitoringSettings

GATE = tables.discharge_gate()
NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("zone", "ended", "until"),
    [
        ("UTC", "2026-03-02T10:00", "2026-03-03T06:00+00:00"),
        ("UTC", "2026-03-02T18:00", "2026-03-03T06:00+00:00"),  # exactly 12 h
        ("UTC", "2026-03-02T18:01", "2026-03-03T06:01+00:00"),
        ("UTC", "2026-03-02T23:30", "2026-03-03T11:30+00:00"),
        ("UTC", "2026-03-03T00:30", "2026-03-04T06:00+00:00"),
        (NEW_YORK, "2026-01-05T15:00", "2026-01-06T06:00-05:00"),
        # Clocks go forward on 8 March at 02:00: 12 h after 17:30 are 06:30 by the wall.
        (NEW_YORK, "2026-03-07T15:00", "2026-03-08T06:00-04:00"),
        (NEW_YORK, "2026-03-07T17:30", "2026-03-08T06:30-04:00"),
        # Clocks go back on 1 November at 02:00: 12 h after 18:30 are 05:30 by the wall, so the hour counts.
        (NEW_YORK, "2026-10-31T18:30", "2026-11-01T06:00-05:00"),
        (NEW_YORK, "2026-10-31T19:30", "2026-11-01T06:30-05:00"),
        ("Asia/Kolkata", "2026-03-02T20:00", "2026-03-03T08:00+05:30"),
    ],
)
def test_no_driving_until(zone: str, ended: str, until: str) -> None:
    there = ZoneInfo(zone)
    ended_at = datetime.fromisoformat(ended).replace(tzinfo=there).astimezone(UTC)
    assert no_drive_until(GATE.driving, ended_at, there).isoformat(timespec="minutes") == until


@pytest.mark.parametrize(
    ("minutes", "priority", "next_minutes"),
    [(0, None, 120), (119.9, None, 120), (120, "medium", 180), (179, "medium", 180), (180, "high", None), (600, "high", None)],
)
def test_the_longest_stay(minutes: float, priority: str | None, next_minutes: float | None) -> None:
    ended = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    passed, coming = stay_passed(GATE.stay, ended, ended + timedelta(minutes=minutes))
    assert (passed and passed.priority) == priority
    assert coming == (ended + timedelta(minutes=next_minutes) if next_minutes else None)


def test_when_somebody_is_called() -> None:
    left = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert calls_after(GATE.call, "discharge", left) == [left + timedelta(hours=24)]
    assert calls_after(GATE.call, "departure", left) == [left + timedelta(hours=1), left + timedelta(hours=24)]


@pytest.mark.parametrize("spoilt", ["rescreen", "stay", "measured"])
def test_a_gate_that_is_not_whole_is_refused(spoilt: str) -> None:
    raw = GATE.model_dump()
    if spoilt == "rescreen":
        raw["rescreen"] = raw["rescreen"][1:]
    elif spoilt == "stay":
        raw["stay"] = raw["stay"][::-1]
    else:
        raw["measured"][0]["most"] = 5
    with pytest.raises(ValueError, match=r"level once|later than|either least or most"):
        HomeGate.model_validate(raw)


@pytest.mark.parametrize("name", ["Mars/Base", "", "../UTC", "America", "utc+1"])
def test_a_time_zone_that_nobody_knows_refuses_the_start(name: str) -> None:
    given = {"kafka": "k:9092", "database_url": "postgresql://a", "jwks": "keys.json", "time_zone": name}
    with pytest.raises(ValueError, match="no time zone of this name"):
        MonitoringSettings.model_validate(given)
