"""The live view tells what the topics told: folded in any order, drawn in any terminal, without names unless asked."""

import io
import random
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from rich.console import Console

from chairside.view.colours import COLOURS
from chairside.view.fold import FOLDS, fold
from chairside.view.frame import Look, frame
from chairside.view.picture import Picture
from chairside.view.telling import LINES, lasted
from schemas.auditor.audits import AuditFaultFound, AuditFaultMended, AuditKept
from schemas.catalogue import events
from schemas.event import Envelope, Event
from schemas.intake.patients import PatientIdentity, PatientRegistered
from schemas.intake.safety import SuicideRiskSignalled
from schemas.monitoring.alarms import (
    AlarmAcknowledged,
    AlarmConditionCleared,
    AlarmConditionReturned,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
)
from schemas.monitoring.sessions import InfusionPaused, InfusionStarted, PatientDischarged, SessionOpened
from schemas.monitoring.vitals import Measurement, VitalsMeasured
from schemas.notifications.pages import AnsweredAlarm, PageAcknowledged, PageEscalated, PageJoined, PageOpened, PageSent
from schemas.scheduling.appointments import AppointmentBooked

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)
SPACE = UUID(int=7)


def id_of(name: str) -> UUID:
    return uuid5(SPACE, name)


def at(minutes: float) -> datetime:
    return EIGHT + timedelta(minutes=minutes)


def vitals(session: str, minute: float, systolic: float | None, spo2: float | None) -> VitalsMeasured:
    values = [("8480-6", systolic, "mm[Hg]"), ("8462-4", systolic and systolic * 0.6, "mm[Hg]")] if systolic else []
    measurements = tuple(
        Measurement(code=code, value=value, unit=unit)
        for code, value, unit in [*values, ("8867-4", 71, "/min"), ("59408-5", spo2, "%")]
    )
    return VitalsMeasured(
        device_id=f"monitor-{session}",
        session_id=id_of(session),
        chair=1,
        measured_at=at(minute),
        received_at=at(minute),
        measurements=measurements,
        method="cuff",
        simulated=True,
    )


STORY: list[tuple[str, Event]] = [
    (
        "patients",
        PatientRegistered(
            patient_id=id_of("p1"),
            identity=PatientIdentity(family_name="Lovelace", given_names=("Ada",)),
            administrative_gender="female",
            registered_at=at(-20),
        ),
    ),
    (
        "safety",
        SuicideRiskSignalled(
            signal_id=id_of("sig"),
            patient_id=id_of("p1"),
            assessment_id=id_of("as"),
            rule_id="PHQ9-ITEM9",
            urgency="now",
            signalled_at=at(-15),
        ),
    ),
    (
        "appointments",
        AppointmentBooked(
            appointment_id=id_of("ap2"),
            patient_id=id_of("p2"),
            series_id=id_of("se"),
            order_id=id_of("or"),
            number=1,
            chair=2,
            starts_at=at(45),
            ends_at=at(165),
        ),
    ),
    (
        "sessions",
        SessionOpened(
            session_id=id_of("s1"),
            patient_id=id_of("p1"),
            appointment_id=id_of("ap1"),
            order_id=id_of("o1"),
            chair=1,
            opened_at=at(0),
        ),
    ),
    (
        "sessions",
        InfusionStarted(
            session_id=id_of("s1"),
            chair=1,
            dose_mg=35,
            rate_mg_per_minute=0.875,
            duration_minutes=40,
            actor="nurse-1",
            started_at=at(10),
        ),
    ),
    *(("vitals", vitals("s1", minute, 118 + minute, 97)) for minute in range(10, 30, 5)),
    ("vitals", vitals("s1", 31, 184, None)),
    (
        "alarms",
        AlarmRaised(
            alarm_id=id_of("a1"),
            code="A1",
            title="Blood pressure high",
            kind="physiological",
            priority="medium",
            session_id=id_of("s1"),
            chair=1,
            limits_version="1",
            raised_at=at(26),
        ),
    ),
    (
        "alarms",
        AlarmPriorityChanged(
            alarm_id=id_of("a1"),
            code="A1",
            title="Blood pressure high",
            session_id=id_of("s1"),
            chair=1,
            previous="medium",
            priority="high",
            changed_at=at(31),
        ),
    ),
    (
        "pages",
        PageOpened(
            page_id=id_of("pg1"),
            subject="alarm",
            alarm_id=id_of("a1"),
            session_id=id_of("s1"),
            chair=1,
            priority="high",
            opened_at=at(31),
        ),
    ),
    (
        "pages",
        PageSent(
            page_id=id_of("pg1"),
            session_id=id_of("s1"),
            chair=1,
            priority="high",
            staff_id="nurse-1",
            step=0,
            channel="webhook",
            sent_at=at(31),
        ),
    ),
    (
        "pages",
        PageEscalated(
            page_id=id_of("pg1"),
            session_id=id_of("s1"),
            chair=1,
            priority="high",
            step=1,
            told=("nurse-2",),
            escalated_at=at(31.5),
        ),
    ),
    (
        "pages",
        PageSent(
            page_id=id_of("pg1"),
            session_id=id_of("s1"),
            chair=1,
            priority="high",
            staff_id="nurse-2",
            step=1,
            channel="webhook",
            sent_at=at(31.5),
        ),
    ),
]
ANSWERED: list[tuple[str, Event]] = [
    (
        "pages",
        PageAcknowledged(
            page_id=id_of("pg1"),
            answer_id=id_of("an"),
            staff_id="nurse-2",
            session_id=id_of("s1"),
            chair=1,
            waited_seconds=42,
            answered_at=at(31.7),
        ),
    ),
    (
        "alarms",
        AlarmAcknowledged(
            alarm_id=id_of("a1"),
            session_id=id_of("s1"),
            chair=1,
            priority="high",
            by="nurse-2",
            via="link",
            answer_id=id_of("an"),
            acknowledged_at=at(31.7),
        ),
    ),
    ("sessions", InfusionPaused(session_id=id_of("s1"), chair=1, reason="A1", actor="nurse-2", paused_at=at(32))),
    ("alarms", AlarmEnded(alarm_id=id_of("a1"), code="A1", session_id=id_of("s1"), chair=1, ended_at=at(50))),
    (
        "sessions",
        PatientDischarged(session_id=id_of("s1"), patient_id=id_of("p1"), chair=1, actor="nurse-1", discharged_at=at(120)),
    ),
]


def folded(facts: list[tuple[str, Event]], picture: Picture | None = None) -> Picture:
    picture = picture or Picture()
    for number, (topic, event) in enumerate(facts, start=1):
        kind = type(event).__name__
        envelope = Envelope(id=id_of(f"{number}{kind}"), type=kind, source="x", time=EIGHT, subject="k", correlation_id=SPACE)
        fold(picture, topic, envelope, event)
    return picture


def drawn(picture: Picture, width: int, height: int, minute: float = 32, **look: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=False, color_system=None, legacy_windows=False)
    console.print(frame(picture, at(minute), Look(width, height, 60, **look)), end="")
    return out.getvalue()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (120, 40), (200, 60), (60, 20)])
def test_a_frame_fills_the_terminal_and_no_more(width: int, height: int) -> None:
    lines = drawn(folded(STORY), width, height).rstrip("\n").split("\n")
    assert len(lines) == height
    assert all(len(line) <= width for line in lines)


def test_a_frame_says_who_sits_where_how_they_are_and_how_old_that_is() -> None:
    text = drawn(folded(STORY), 120, 30)
    row = next(line for line in text.splitlines() if "infusing" in line)
    for words in (str(id_of("p1"))[:6], "infusing 22 min", "184/110", "71", "off", "60s", "Blood pressure high"):
        assert words in row
    assert "SIMULATED" in text
    assert "Tue 24 Nov 08:32:00 x60" in text
    assert "08:45, infusion 1" in text


def test_pages_name_who_was_told_and_then_who_answered_after_how_long() -> None:
    picture = folded(STORY)
    assert "asks nurse-1, nurse-2" in drawn(picture, 120, 30)
    assert "nurse-2 answered (step 1)" in drawn(folded(ANSWERED[:1], picture), 120, 30)


def test_a_page_that_was_answered_asks_again_for_what_the_answer_did_not_cover() -> None:
    about = {"page_id": id_of("pg1"), "session_id": id_of("s1"), "chair": 1}
    covers = (AnsweredAlarm(alarm_id=id_of("a1"), priority="high"),)
    given = PageAcknowledged(
        **about, answer_id=id_of("an"), staff_id="nurse-2", alarms=covers, waited_seconds=42, answered_at=at(31.7)
    )
    told = {"priority": "high", "staff_id": "nurse-1", "step": 0, "channel": "webhook", "medium": "sms", "sent_at": at(31.9)}
    known = PageSent(**about, **told, alarms=covers)
    other = PageSent(**about, **told, alarms=(*covers, AnsweredAlarm(alarm_id=id_of("a2"), priority="medium")))
    picture = folded([*STORY, ("pages", given), ("pages", known)])
    assert not picture.waiting(picture.page(id_of("pg1")))
    assert picture.lately[-1][1].endswith("told nurse-1 by sms")
    joined = PageJoined(**about, alarm_id=id_of("a2"), priority="medium", joined_at=at(31.8))
    picture = folded([("pages", joined), ("pages", other)], picture)
    assert picture.waiting(picture.page(id_of("pg1")))


def test_a_condition_that_is_over_is_shown_until_somebody_answers() -> None:
    about = {"alarm_id": id_of("a1"), "code": "A1", "session_id": id_of("s1"), "chair": 1}
    over = ("alarms", AlarmConditionCleared(**about, probable_artefact=True, cleared_at=at(31)))
    again = ("alarms", AlarmConditionReturned(**about, returned_at=at(31.5)))
    assert "(probable artefact)" in drawn(folded([*STORY, over]), 120, 40)
    assert "(probable artefact)" not in drawn(folded([*STORY, over, again]), 120, 40)


def kept(minute: float, *, all_well: bool = True, unanswered: int = 0) -> tuple[str, Event]:
    said = AuditKept(
        clinic="clinic",
        all_well=all_well,
        not_well=() if all_well else ("no beat of monitoring is fresh",),
        judged=2,
        unanswered=unanswered,
        told_p50_seconds=0.1,
        told_p95_seconds=0.25,
        told_max_seconds=0.3,
        answered_p50_seconds=None,
        answered_p95_seconds=None,
        answered_max_seconds=None,
        faults_open=0,
        kept_at=at(minute),
    )
    return "audits", said


def test_the_auditor_says_whether_alarms_reach_people() -> None:
    assert "audit" not in drawn(folded(STORY), 120, 30)
    well = folded([*STORY, kept(32)])
    assert "audit  all well   unanswered 0   told p95 0.2 s" in drawn(well, 120, 30)
    assert "no beat of monitoring is fresh" in drawn(folded([*STORY, kept(32, all_well=False)]), 120, 30)
    assert "no sign of life for 60 min" in drawn(well, 120, 30, minute=92)
    about = {"fault_id": id_of("f"), "alarm_id": id_of("a1"), "chair": 1, "clinic": "clinic"}
    found = AuditFaultFound(
        **about,
        kind="nobody told",
        what="nobody was told in time",
        priority="high",
        due_at=at(31),
        ceilings_version="t",
        found_at=at(31),
    )
    wrong = folded([("audits", found), kept(32)])
    assert "1 wrong: nobody was told in time" in drawn(wrong, 120, 30)
    assert "chair 1: AUDIT nobody was told in time" in wrong.lately[-1][1]
    right = folded([("audits", AuditFaultMended(**about, kind="nobody told", mended_at=at(32)))], wrong)
    assert "all well" in drawn(right, 120, 30)
    for width, height in ((80, 24), (60, 20), (200, 60)):
        assert len(drawn(wrong, width, height).rstrip("\n").split("\n")) == height


def test_names_show_only_when_asked_for() -> None:
    assert "Lovelace" not in drawn(folded(STORY), 200, 60)
    assert "Lovelace" in drawn(folded(STORY), 200, 60, names=True)


def test_age_grows_while_nothing_comes() -> None:
    picture = folded(STORY)
    assert "9m" in drawn(picture, 120, 30, minute=40)


def test_facts_of_different_topics_may_come_in_any_order() -> None:
    facts = STORY + ANSWERED[:2]
    by_topic = {topic: [fact for fact in facts if fact[0] == topic] for topic, _ in facts}
    in_order = folded(facts)
    for seed in range(5):
        order = list(by_topic)
        random.Random(seed).shuffle(order)
        other = folded([fact for topic in order for fact in by_topic[topic]])
        assert (other.alarms, other.pages, other.visits) == (in_order.alarms, in_order.pages, in_order.visits)
        assert other.sessions == in_order.sessions


def test_a_patient_who_went_home_is_counted_and_leaves_the_chair() -> None:
    picture = folded(STORY + ANSWERED)
    assert picture.treated(at(130)) == 1
    assert picture.treated(at(130 + 24 * 60)) == 0
    assert "home today 1" in drawn(picture, 80, 24, minute=130)
    assert picture.chairs(at(130))[1] is picture.sessions[id_of("s1")]
    assert picture.chairs(at(130 + 240))[1] is None


def test_numbers_that_are_missing_or_come_again_are_counted() -> None:
    picture = Picture()
    for sequence in (5, 6, 9, 9, 0):
        picture.number("alarms", "k", sequence)
    picture.number("alarms", "other", 3)
    assert (picture.lost, picture.repeated) == (2, 1)


def test_an_older_value_never_replaces_a_newer_one() -> None:
    picture = folded([("vitals", vitals("s1", 20, 150, 97)), ("vitals", vitals("s1", 10, 120, 99))])
    assert picture.sessions[id_of("s1")].readings["8480-6"].value == 150


def test_every_event_the_view_knows_is_one_of_the_house() -> None:
    kinds = {kind for kind, _ in events().values()}
    assert set(FOLDS) <= kinds
    assert set(LINES) <= kinds


def test_lines_hold_no_name_and_no_value() -> None:
    picture = folded(STORY + ANSWERED)
    assert picture.lately
    assert not [line for _, line in picture.lately if "Lovelace" in line or "184" in line]


def test_lines_stand_in_the_order_of_the_clinics_time_and_the_oldest_go_first() -> None:
    picture = Picture()
    for minute in (2, 0, 1):
        picture.tell(at(minute), f"{minute}")
    assert [line for _, line in picture.lately] == ["0", "1", "2"]
    for minute in range(3, 70):
        picture.tell(at(minute), f"{minute}")
    assert (len(picture.lately), picture.lately[0][1], picture.lately[-1][1]) == (60, "10", "69")


def test_priorities_have_the_standard_colours() -> None:
    assert "red" in COLOURS["high"]
    assert "yellow" in COLOURS["medium"]
    assert "cyan" in COLOURS["low"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(4, "4 s"), (99, "99 s"), (180, "3 min"), (7200, "2 h"), (3 * 86400, "3 d"), (-5, "0 s")]
)
def test_spans_in_words(seconds: float, text: str) -> None:
    assert lasted(seconds) == text


def test_a_vital_sign_has_the_colour_of_its_alarm() -> None:
    out = io.StringIO()
    console = Console(file=out, width=120, height=30, force_terminal=True, color_system="standard", legacy_windows=False)
    console.print(frame(folded(STORY), at(32), Look(120, 30)), end="")
    assert re.search(r"\x1b\[1;31m *184/110", out.getvalue())
    assert not re.search(r"\x1b\[1;31m *71 ", out.getvalue())
