"""Who is told: those on duty, those on call, whoever covers them; and what a roster lacks."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from schemas.scheduling.staff import Role
from services.notifications.rules.calendar import calendar
from services.notifications.rules.covers import Cover, circle, covering, overlapping, resolve, stands_in
from services.notifications.rules.gaps import Gap, gaps, judge, opened
from services.notifications.rules.oncall import Rotation
from services.notifications.rules.people import Member, Whom, whom
from services.notifications.rules.roster import Chair, Roster, Shift, course, members_at

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
NIGHTS = Rotation("nights", "prescriber", "UTC", ("dr-lee", "dr-kim"), date(2026, 3, 1), time(8), 1, MONDAY - 100 * HOUR)
ROLES: dict[str, Role] = {
    "charge-1": "charge nurse",
    "director-1": "medical director",
    "dr-kim": "prescriber",
    "dr-lee": "prescriber",
    "nurse-1": "nurse",
    "nurse-2": "nurse",
}
TOLD: tuple[Whom, ...] = ("bedside nurse", "second nurse", "prescriber", "charge nurse", "medical director", "all staff")


def shift(staff_id: str, starts: int, ends: int) -> Shift:
    return Shift(staff_id, MONDAY + starts * HOUR, MONDAY + ends * HOUR)


def cover(absent: str, by: str, starts: int = 0, ends: int = 24) -> Cover:
    return Cover(uuid4(), absent, by, MONDAY + starts * HOUR, MONDAY + ends * HOUR, MONDAY)


DAY = Roster(
    ROLES,
    shifts=[shift(who, 8, 18) for who in ("nurse-1", "nurse-2", "charge-1", "dr-lee")],
    rotations=[NIGHTS],
    chairs=[Chair(UUID(int=1), "nurse-1", 1), Chair(UUID(int=2), "nurse-1", 2), Chair(UUID(int=3), "nurse-2", 3)],
)


def told(kind: Whom, roster: Roster, hour: float, chair: int | None = None) -> list[str]:
    return whom([kind], chair, members_at(roster, MONDAY + hour * HOUR))


def test_by_day_those_on_duty_are_told_and_by_night_those_on_call() -> None:
    assert told("prescriber", DAY, 12) == ["dr-lee"]
    assert told("prescriber", DAY, 7.99) == ["dr-lee"]
    assert told("prescriber", DAY, 18) == ["dr-kim"]
    assert told("all staff", DAY, 12) == ["charge-1", "dr-lee", "nurse-1", "nurse-2"]
    assert told("all staff", DAY, 20) == ["dr-kim"]
    assert told("charge nurse", DAY, 20) == []


def test_who_is_on_call_is_not_told_while_somebody_of_the_role_is_on_duty() -> None:
    assert told("prescriber", DAY, 9) == ["dr-lee"]
    assert told("prescriber", replace(DAY, shifts=[shift("nurse-1", 8, 18)]), 9) == ["dr-kim"]


def test_the_nurse_of_the_chair_comes_first_and_the_second_nurse_is_another() -> None:
    assert (told("bedside nurse", DAY, 12, 1), told("second nurse", DAY, 12, 1)) == (["nurse-1"], ["nurse-2"])
    assert (told("bedside nurse", DAY, 12, 3), told("second nurse", DAY, 12, 3)) == (["nurse-2"], ["nurse-1"])
    assert told("bedside nurse", DAY, 20, 1) == []


def test_a_second_nurse_on_call_is_told_where_none_other_is_on_duty() -> None:
    called = replace(NIGHTS, rotation_id="nurses", role="nurse", members=("charge-1",))
    alone = replace(DAY, shifts=[shift("nurse-1", 8, 18)], rotations=[called])
    assert told("second nurse", alone, 12, 1) == ["charge-1"]
    assert told("charge nurse", alone, 12) == []
    own = replace(called, members=("nurse-1",))
    assert told("second nurse", replace(alone, rotations=[own]), 12, 1) == []


def test_a_cover_is_told_in_shift_chair_and_call_and_the_absent_is_not() -> None:
    away = replace(DAY, covers=[cover("nurse-1", "charge-1"), cover("dr-kim", "dr-lee", 20, 22)])
    assert told("bedside nurse", away, 12, 1) == ["charge-1"]
    assert "nurse-1" not in told("all staff", away, 12)
    assert told("prescriber", away, 19.99) == ["dr-kim"]
    assert told("prescriber", away, 20) == ["dr-lee"]
    assert told("prescriber", away, 22) == ["dr-kim"]


def test_a_cover_who_has_no_shift_is_on_duty_in_place_of_the_absent() -> None:
    away = replace(DAY, shifts=[shift("nurse-1", 8, 18)], covers=[cover("nurse-1", "nurse-2")])
    assert told("bedside nurse", away, 12, 1) == ["nurse-2"]
    assert told("bedside nurse", away, 19, 1) == []


def test_the_cover_of_a_cover_is_told() -> None:
    chain = [cover("nurse-1", "nurse-2"), cover("nurse-2", "charge-1", 10, 12)]
    assert told("bedside nurse", replace(DAY, covers=chain), 9, 1) == ["nurse-2"]
    assert told("bedside nurse", replace(DAY, covers=chain), 10, 1) == ["charge-1"]


def test_covers_that_lead_back_are_found_only_where_all_share_time() -> None:
    known = [cover("b", "c", 0, 10), cover("c", "d", 5, 12)]
    assert circle(known, cover("d", "b", 6, 8)) == ["d", "b", "c", "d"]
    assert circle(known, cover("d", "b", 0, 5)) == []
    assert circle(known, cover("d", "b", 10, 12)) == []
    assert circle([cover("b", "c", 0, 5), cover("c", "d", 5, 10)], cover("d", "b", 0, 10)) == []
    assert circle([cover("b", "a")], cover("a", "b")) == ["a", "b", "a"]


def test_two_covers_of_one_absent_do_not_share_time() -> None:
    known = [cover("a", "b", 0, 10)]
    assert overlapping(known, cover("a", "c", 9, 11)) is known[0]
    assert overlapping(known, cover("a", "c", 10, 11)) is None
    assert overlapping(known, cover("b", "c", 0, 10)) is None


def test_who_may_stand_in_for_whom() -> None:
    assert stands_in("charge nurse", "nurse")
    assert stands_in("nurse", "nurse")
    for role, needed in (("nurse", "charge nurse"), ("medical director", "prescriber"), ("prescriber", "nurse"), (None, "nurse")):
        assert not stands_in(role, needed)  # type: ignore[arg-type]


people = st.sampled_from(sorted(ROLES))


@given(st.lists(st.tuples(people, people), max_size=12))
def test_covers_that_were_let_in_always_lead_to_one_person_who_is_not_covered(wanted: list[tuple[str, str]]) -> None:
    known: list[Cover] = []
    for absent, by in wanted:
        one = cover(absent, by)
        if absent != by and overlapping(known, one) is None and not circle(known, one):
            known.append(one)
    covered = covering(known, MONDAY)
    assert all(resolve(who, covered) not in covered for who in ROLES)


@given(st.lists(st.tuples(people, st.integers(0, 47), st.integers(1, 24)), max_size=10), st.integers(0, 47))
def test_the_course_of_a_roster_is_what_is_so_at_each_instant(planned: list[tuple[str, int, int]], hour: int) -> None:
    roster = replace(DAY, shifts=[shift(who, starts, starts + length) for who, starts, length in planned], chairs=())
    rows = list(course(roster, MONDAY, MONDAY + 48 * HOUR))
    assert (rows[0][0], rows[-1][1]) == (MONDAY, MONDAY + 48 * HOUR)
    at = MONDAY + hour * HOUR
    [there] = [staff for starts, ends, staff in rows if starts <= at < ends]
    assert there == members_at(roster, at)


def test_a_role_with_a_rotation_is_judged_round_the_clock_and_one_with_shifts_alone_is_not() -> None:
    only_lee = replace(DAY, rotations=[replace(NIGHTS, until=MONDAY + 20 * HOUR)])
    found = judge(only_lee, TOLD, {"nurse-1", "dr-lee", "charge-1"}, MONDAY, MONDAY + 24 * HOUR)
    assert found.gaps == (
        Gap("prescriber", MONDAY + 20 * HOUR, MONDAY + 24 * HOUR),
        Gap("medical director", MONDAY, MONDAY + 24 * HOUR),
    )
    assert found.unjudged == ("second nurse", "charge nurse")
    assert [(one.staff_id, one.first_at) for one in found.unreachable] == [
        ("dr-kim", MONDAY + 8 * HOUR),
        ("nurse-2", MONDAY + 8 * HOUR),
    ]


def test_a_nurse_alone_has_no_second_nurse() -> None:
    alone = replace(DAY, shifts=[shift("nurse-1", 8, 18)])
    called = replace(NIGHTS, rotation_id="nurses", role="nurse", members=("nurse-1",))
    assert gaps(replace(alone, rotations=[called]), ["second nurse"], MONDAY, MONDAY + 24 * HOUR) == [
        Gap("second nurse", MONDAY + 8 * HOUR, MONDAY + 18 * HOUR)
    ]
    other = replace(called, members=("nurse-2",))
    assert gaps(replace(alone, rotations=[other]), ["second nurse"], MONDAY, MONDAY + 24 * HOUR) == []


def test_a_gap_that_was_there_before_is_not_a_new_one() -> None:
    old = [Gap("prescriber", MONDAY + 2 * HOUR, MONDAY + 4 * HOUR)]
    new = [Gap("prescriber", MONDAY, MONDAY + 6 * HOUR), Gap("charge nurse", MONDAY, MONDAY + HOUR)]
    assert opened(old, new) == [
        Gap("prescriber", MONDAY, MONDAY + 2 * HOUR),
        Gap("prescriber", MONDAY + 4 * HOUR, MONDAY + 6 * HOUR),
        new[1],
    ]
    assert opened(new, old) == []


def test_the_calendar_shows_turns_with_covers_done_and_stays_the_same_until_something_changes() -> None:
    away = replace(DAY, covers=[cover("dr-kim", "dr-lee", 20, 30)])
    text = calendar(away, MONDAY + 12 * HOUR, role="prescriber")
    events = [one for one in Calendar.from_ical(text).walk("VEVENT") if one.start < MONDAY + 60 * HOUR]
    assert [(str(one["SUMMARY"]), (one.start - MONDAY) / HOUR, (one.end - MONDAY) / HOUR) for one in events] == [
        ("On call: prescriber (dr-kim)", 8, 20),
        ("On call: prescriber (dr-lee)", 20, 30),
        ("On call: prescriber (dr-kim)", 30, 32),
        ("On call: prescriber (dr-lee)", 32, 56),
        ("On call: prescriber (dr-kim)", 56, 80),
    ]
    assert calendar(away, MONDAY + 31 * HOUR, role="prescriber") == text
    assert calendar(away, MONDAY + 33 * HOUR, role="prescriber") != text
    assert len({str(one["UID"]) for one in events}) == len(events)
    mine = Calendar.from_ical(calendar(away, MONDAY + 12 * HOUR, staff_id="dr-kim")).walk("VEVENT")
    assert {str(one["SUMMARY"]) for one in mine} == {"On call: prescriber (dr-kim)"}
    assert len(mine) in (29, 30)
    assert not Calendar.from_ical(calendar(away, MONDAY, role="charge nurse")).walk("VEVENT")


def test_a_member_is_told_once_however_many_kinds_find_them() -> None:
    staff = [Member("dr-lee", "prescriber", True), Member("nurse-1", "nurse", True, frozenset({1}))]
    assert whom(["bedside nurse", "prescriber", "all staff"], 1, staff) == ["nurse-1", "dr-lee"]
