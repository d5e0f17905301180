"""When a message to a patient may go: quiet hours, limits, until when it is useful, in any zone and over both clock changes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kit.tables import TableRefused, read_table
from services.notifications import tables
from services.notifications.rules.messages import (
    Go,
    Held,
    MessageRules,
    Wait,
    closes_at,
    days_end,
    decide,
    earliest,
)

RULES = tables.messages()
NEW_YORK = ZoneInfo("America/New_York")
ZONES = [ZoneInfo(name) for name in ("America/New_York", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "UTC")]
BOTH = ("email", "sms")


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


THREE = ["2026-03-02 20:00", "2026-03-04 10:00", "2026-03-06 10:00"]
CASES = [
    # now, useful until, sent by text before                                     what becomes of it
    ("2026-03-02 08:00", "2026-03-03 09:00", [], Go("sms")),
    ("2026-03-02 07:59", "2026-03-03 09:00", [], Wait(at("2026-03-02 08:00"))),
    ("2026-03-02 20:59", "2026-03-03 09:00", [], Go("sms")),
    ("2026-03-02 21:00", "2026-03-03 09:00", [], Wait(at("2026-03-03 08:00"))),
    ("2026-03-02 21:00", "2026-03-03 08:00", [], Held("quiet hours")),
    ("2026-03-02 10:00", "2026-03-02 10:00", [], Held("too late")),
    # one a day: the next one tomorrow, if that is in time
    ("2026-03-02 10:00", "2026-03-03 09:00", ["2026-03-02 08:00"], Wait(at("2026-03-03 08:00"))),
    ("2026-03-02 10:00", "2026-03-02 12:00", ["2026-03-02 08:00"], Held("limit")),
    ("2026-03-02 10:00", "2026-03-03 09:00", ["2026-03-01 20:59"], Go("sms")),
    # three in seven days
    ("2026-03-08 10:00", "2026-03-09 09:00", THREE, Wait(at("2026-03-09 08:00"))),
    ("2026-03-09 10:00", "2026-03-10 09:00", THREE, Go("sms")),
    ("2026-03-07 10:00", "2026-03-08 09:00", THREE, Held("limit")),
    # the night in which clocks go forward has 10 h, the one in which they go back 12
    ("2026-03-07 21:30", "2026-03-09 09:00", [], Wait(datetime(2026, 3, 8, 12, 0, tzinfo=UTC))),
    ("2026-10-31 21:30", "2026-11-02 09:00", [], Wait(datetime(2026, 11, 1, 13, 0, tzinfo=UTC))),
]  # fmt: skip


@pytest.mark.parametrize(("now", "until", "sent", "expected"), CASES)
def test_when_a_text_may_go(now: str, until: str, sent: list[str], expected: Go | Wait | Held) -> None:
    assert decide(RULES, at(now), at(until), NEW_YORK, ["sms"], {"sms": [at(one) for one in sent]}) == expected


def test_another_channel_goes_where_the_first_is_full_and_the_first_where_both_may() -> None:
    now, until, full = at("2026-03-02 10:00"), at("2026-03-04 09:00"), {"sms": [at("2026-03-02 08:00")]}
    assert decide(RULES, now, until, NEW_YORK, BOTH, full) == Go("email")
    assert decide(RULES, now, until, NEW_YORK, BOTH, {}) == Go("sms")
    assert decide(RULES, now, until, NEW_YORK, [], {}) == Held("no consent")


def test_a_day_of_asking_ends_with_its_hours() -> None:
    assert days_end(RULES.quiet, at("2026-03-02 10:00"), NEW_YORK) == at("2026-03-02 21:00")
    assert days_end(RULES.quiet, at("2026-03-02 22:00"), NEW_YORK) == at("2026-03-02 22:00")
    assert closes_at(RULES.quiet, at("2026-03-02 22:00"), NEW_YORK) == at("2026-03-03 21:00")


instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@given(
    now=instants,
    useful=st.integers(-60, 72 * 60),
    ago=st.lists(st.integers(0, 9 * 24 * 60), max_size=6),
    zone=st.sampled_from(ZONES),
)
@settings(max_examples=400, deadline=None)
def test_whatever_goes_is_in_the_hours_in_the_limits_in_time_and_as_early_as_may_be(
    now: datetime, useful: int, ago: list[int], zone: ZoneInfo
) -> None:
    until = now + timedelta(minutes=useful)
    sent = [now - timedelta(minutes=minutes) for minutes in ago]

    def may(instant: datetime) -> bool:
        local = instant.astimezone(zone)
        days = [(local.date() - one.astimezone(zone).date()).days for one in sent]
        return 8 <= local.hour < 21 and sum(d == 0 for d in days) < 1 and sum(0 <= d <= 6 for d in days) < 3

    found = earliest(RULES, now, until, zone, "sms", sent)
    step = timedelta(minutes=15)
    tried = [now, *(now.replace(minute=0, second=0, microsecond=0) + step * n for n in range(1, 4 * 24 * 4))]
    possible = [instant for instant in tried if now <= instant < until and may(instant)]
    if found is None:
        assert possible == []
    else:
        assert now <= found < until
        assert may(found)
        assert not possible or found <= possible[0]
    decided = decide(RULES, now, until, zone, ["sms"], {"sms": sent})
    assert isinstance(decided, Held) == (found is None)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('opens = "08:00"', 'opens = "22:00"', "opens must be before closes"),
        ('name = "2 h"', 'name = "24 h"', "a name of its own"),
        ("useful_until_hours_before = 24", "useful_until_hours_before = 72", "useful until after it is due"),
        ('kind = "crisis"', 'kind = "answer"', "exempt"),
        ('kinds = ["crisis reply"]', 'kinds = ["call wanted"]', "exactly one row"),
        ('means = "start"', 'means = "stop"', "each meaning"),
        ('evidence = "L"', 'evidence = "X"', "evidence"),
    ],
)
def test_a_table_that_is_not_whole_refuses_the_start(before: str, after: str, fault: str, tmp_path: Path) -> None:
    text = (Path(tables.__file__).parent / "data" / "messages.toml").read_text()
    assert before in text
    file = tmp_path / "messages.toml"
    file.write_text(text.replace(before, after, 1))
    with pytest.raises((TableRefused, ValidationError), match=fault):
        read_table(file, MessageRules)
