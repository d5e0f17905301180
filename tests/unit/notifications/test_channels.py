"""Channels, circuits and replies, decided: tables of what is given and what follows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.monitoring.alarms import Priority
from services.notifications.jobs.sms import sign
from services.notifications.rules.channels import (
    GSM_7,
    SMS_CHARACTERS,
    NotAnAddress,
    Patience,
    allowed,
    fitting_sms,
    gsm_7,
    phone,
    sms_text,
)
from services.notifications.rules.circuits import Circuit, Plan, plan
from services.notifications.rules.replies import Reply, free_code, read_reply
from services.notifications.rules.texts import Line, page_text

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OPEN_FOR = timedelta(seconds=30)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("circuit", "state"),
    [
        (Circuit(), "closed"),
        (Circuit(4), "closed"),
        (Circuit(5, ago(0)), "open"),
        (Circuit(5, ago(29.9)), "open"),
        (Circuit(5, ago(30)), "half-open"),
        (Circuit(5, ago(40), ago(-1)), "open"),
        (Circuit(5, ago(40), ago(0)), "half-open"),
    ],
)
def test_a_circuit_is_open_for_a_while_and_then_one_may_try(circuit: Circuit, state: str) -> None:
    assert circuit.state(NOW, OPEN_FOR) == state


BAD, STALE = Circuit(5, ago(10)), Circuit(5, ago(30))
SOON, AT_ONCE = NOW + timedelta(seconds=20), NOW
NEXT_STEP = NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("known", "priority", "until", "expected"),
    [
        ({}, "high", None, Plan((0, 1, 2), AT_ONCE)),
        ({"a": BAD}, "high", None, Plan((1, 2, 0), AT_ONCE)),
        ({"a": BAD, "b": BAD}, "medium", NEXT_STEP, Plan((2, 0, 1), AT_ONCE)),
        ({"a": STALE}, "high", None, Plan((0, 1, 2), AT_ONCE, probes="a")),
        ({"b": STALE}, "high", None, Plan((0, 1, 2), AT_ONCE)),
        ({"a": BAD, "b": STALE}, "low", None, Plan((1, 2, 0), AT_ONCE, probes="b")),
        ({"a": BAD, "b": BAD, "c": BAD}, "high", NEXT_STEP, Plan((0, 1, 2), AT_ONCE)),
        ({"a": BAD, "b": BAD, "c": BAD}, "emergency", NEXT_STEP, Plan((0, 1, 2), AT_ONCE)),
        ({"a": BAD, "b": BAD, "c": BAD}, "medium", NEXT_STEP, Plan((0, 1, 2), SOON)),
        ({"a": BAD, "b": BAD, "c": BAD}, "medium", NOW + timedelta(seconds=5), Plan((0, 1, 2), NOW + timedelta(seconds=5))),
        ({"a": BAD, "b": BAD, "c": BAD}, "medium", None, Plan((0, 1, 2), AT_ONCE)),
        ({"a": BAD, "b": BAD, "c": BAD}, "medium", ago(5), Plan((0, 1, 2), AT_ONCE)),
    ],
)
def test_healthy_ways_come_first_and_an_urgent_page_never_waits(
    known: dict[str, Circuit], priority: Priority, until: datetime | None, expected: Plan
) -> None:
    assert plan(["a", "b", "c"], known, priority, NOW, OPEN_FOR, until) == expected


circuits = st.builds(
    Circuit,
    st.integers(0, 9),
    st.none() | st.integers(-60, 60).map(lambda s: ago(s)),
    st.none() | st.integers(-60, 60).map(lambda s: ago(s)),
)


@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=5), st.dictionaries(st.sampled_from("abcd"), circuits), st.booleans()
)
def test_no_way_is_ever_left_out(ways: list[str], known: dict[str, Circuit], urgent: bool) -> None:
    planned = plan(ways, known, "high" if urgent else "medium", NOW, OPEN_FOR, NEXT_STEP)
    assert sorted(planned.order) == list(range(len(ways)))
    assert planned.at == NOW if urgent else NOW <= planned.at <= NEXT_STEP


@pytest.mark.parametrize(
    ("given_text", "region", "kept"),
    [
        ("202-555-0123", "US", "+12025550123"),
        ("+1 (202) 555 0123", "DE", "+12025550123"),
        ("030 901820", "DE", "+4930901820"),
        ("+44 20 7946 0958", "US", "+442079460958"),
    ],
)
def test_a_phone_number_is_kept_as_the_world_dials_it(given_text: str, region: str, kept: str) -> None:
    assert phone(given_text, region) == kept


@pytest.mark.parametrize("bad", ["", "12", "call me", "+1 202 555 01234567", "++1", "555-0123"])
def test_what_is_no_phone_number_is_refused_without_repeating_it(bad: str) -> None:
    with pytest.raises(NotAnAddress) as refusal:
        phone(bad, "US")
    assert "+12025550123" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("1234", Reply("on it", "1234")),
        (" ok 1234!", Reply("on it", "1234")),
        ("Yes, on my way. 0042", Reply("on it", "0042")),
        ("NO 1234", Reply("pass", "1234")),
        ("no 1234", Reply("pass", "1234")),
        ("1234 pass", Reply("pass", "1234")),
        ("Can\u2019t come 1234", Reply("pass", "1234")),
        ("I know 1234", Reply("on it", "1234")),
        ("1234 1234", Reply("on it", "1234")),
        ("1234 or 5678", None),
        ("12345", None),
        ("123", None),
        ("ok", None),
        ("", None),
        ("\u0661\u0662\u0663\u0664", None),
    ],
)
def test_what_a_text_says(text: str, reply: Reply | None) -> None:
    assert read_reply(text) == reply


@given(st.integers(0, 2**128), st.sets(st.integers(0, 9999).map(lambda n: f"{n:04d}"), max_size=200))
def test_a_code_is_four_digits_that_are_free(seed: int, used: set[str]) -> None:
    code = free_code(seed, used)
    assert len(code) == 4
    assert code.isdigit()
    assert code not in used


def test_with_every_code_in_use_there_is_one_all_the_same() -> None:
    assert free_code(7, {f"{n:04d}" for n in range(10_000)}) == "0007"


@given(st.text(max_size=300), st.integers(0, 9999).map(lambda n: f"{n:04d}"))
def test_a_text_is_one_sms_in_letters_that_every_phone_has_and_keeps_its_code(line: str, code: str) -> None:
    text = sms_text(line, code)
    assert len(text) <= SMS_CHARACTERS
    assert set(text) <= GSM_7
    assert text.endswith(f". Reply {code}=on it, NO {code}=pass on")


def test_letters_that_a_phone_may_lack() -> None:
    assert gsm_7("Klinik Süd – Łódź, Nº 5 €") == "Klinik Süd - ?odz, No 5 ?"


HIGH, MEDIUM = Line("high", "heart rate low", NOW), Line("medium", "distress", NOW)


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("North chair 3: HIGH heart rate low, since 08:00; MEDIUM distress, since 08:00 UTC", True),
        ("North chair 3: HIGH heart rate low 41, since 08:00; MEDIUM distress, since 08:00 UTC", False),
        ("North chair 3: HIGH heart rate low, since 08:00; MEDIUM distress, since 08:00 UTC, Jane Doe", False),
        ("North chair 4: HIGH heart rate low, since 08:00; MEDIUM distress, since 08:00 UTC", False),
        ("South chair 3: HIGH heart rate low, since 08:00; MEDIUM distress, since 08:00 UTC", False),
        ("North chair 3: LOW heart rate low, since 08:00; MEDIUM distress, since 08:00 UTC", False),
        ("North chair 3: HIGH heart rate low, since 08:00 UTC", False),
        ("North chair 3: HIGH heart rate low, since 08:00; MEDIUM distress, since 08:00 UTC\n", False),
    ],
)
def test_a_page_holds_what_it_may_say_and_nothing_else(text: str, is_allowed: bool) -> None:
    assert allowed(text, "North", 3, [HIGH, MEDIUM]) is is_allowed


@given(st.lists(st.sampled_from([HIGH, MEDIUM]), min_size=1, max_size=9))
def test_a_text_shows_as_many_alarms_as_it_holds_whole(lines: list[Line]) -> None:
    many = fitting_sms("North", 3, lines)
    assert 1 <= many <= len(lines)
    line = page_text("North", 3, lines[:many])
    assert sms_text(line, "1234").startswith(line)
    assert many == len(lines) or len(page_text("North", 3, lines[: many + 1])) > SMS_CHARACTERS - 36


def test_an_attempt_must_end_before_the_next_channel_is_due() -> None:
    with pytest.raises(ValueError, match="less than"):
        Patience(next_channel_seconds=5, attempt_seconds=5, source="s2", evidence="D")


@pytest.mark.parametrize(
    ("caller", "signature"),
    [("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")],
)
def test_a_providers_signature_is_that_of_its_own_library_and_documentation(caller: str, signature: str) -> None:
    form = {"CallSid": "CA1234567890ABCDE", "Caller": caller, "Digits": "1234", "From": caller, "To": "+18005551212"}
    address = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign("12345", address, {name: [value] for name, value in form.items()}) == signature
