"""What a reply means, and what a text says."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.tables import TableRefused, read_table
from services.notifications import tables
from services.notifications.rules.messages_replies import heard
from services.notifications.rules.messages_texts import NEVER, Wordings, render, when_text

RULES, WORDINGS = tables.messages(), tables.wordings()
MEANINGS = [
    # clinical 6.3: each keyword, however it is written
    *[(word, "stop", False) for word in ("stop", "QUIT", "Revoke.", "opt out", "Opt-out", "unsubscribe", " STOP! ")],
    *[(word, "stop", True) for word in ("end", "CANCEL")],
    *[(word, "stop", False) for word in ("please stop texting me", "stop all messages now", "Don't text me", "StopAll")],
    *[(word, "start", False) for word in ("START", "unstop", "resume please")],
    *[(word, "confirm", False) for word in ("C", "c.", "Confirm", "confirmed, thank you")],
    *[(word, "help", False) for word in ("HELP", "info")],
    # it may mean the appointment, or anything: a person reads it
    *[
        (text, "free text", True)
        for text in ("cancel my appointment", "yes", "no", "ok see you", "stop the ride", "end early?", "", "?!", "👍", "\ud83d")
    ],
    # clinical 5.1: to a person at once, whatever else it says
    *[
        (text, "crisis", True)
        for text in (
            "I want to die", "STOP. I want to kill myself", "im suicidal", "suicide?", "i dont wanna die", "I can’t go on",
            "I CANT DO THIS ANYMORE", "better off dead", "kms", "going to end it", "unalive", "took all my pills", "matarme",
            "No quiero vivir", "quiero morir", "ayuda", "thinking about self-harm", "I feel hopeless", "do i call 988",
            "I'm afraid I will hurt my baby", "c i want to end my life", "end   my\nlife", "ＫＩＬＬ ＭＹＳＥＬＦ",
        )
    ],
]  # fmt: skip


@pytest.mark.parametrize(("text", "meaning", "read"), MEANINGS)
def test_what_a_reply_means(text: str, meaning: str, read: bool) -> None:
    found = heard(RULES, text)
    assert (found.meaning, found.to_read) == (meaning, read)


@given(before=st.text(max_size=40), after=st.text(max_size=40), phrase=st.sampled_from(["suicide", "kill myself", "want to die"]))
def test_a_crisis_word_is_heard_in_whatever_surrounds_it(before: str, after: str, phrase: str) -> None:
    assert heard(RULES, f"{before} {phrase} {after}").meaning == "crisis"


@given(st.text(max_size=200))
def test_every_reply_means_something_and_what_nobody_understands_is_read(text: str) -> None:
    found = heard(RULES, text)
    assert found.to_read or found.meaning in ("stop", "start", "confirm", "help")


def test_the_texts_are_short_neutral_and_say_who_how_to_call_and_how_to_end_them() -> None:
    longest = {"clinic": "N" * 24, "phone": "2" * 12, "when": "w" * 24, "link": "l" * 48}
    for row in WORDINGS.wording:
        subject, text = render(WORDINGS, row.name, row.channel, **longest)
        assert longest["clinic"] in text
        assert longest["phone"] in text
        assert not [word for word in NEVER if word in (subject + text).lower()]
        if row.channel == "sms":
            assert len(text) <= 160
    for name in ("reminder", "question", "check-in"):
        assert "STOP" in WORDINGS.of(name, "sms").text
        assert "{link}" in WORDINGS.of(name, "email").text
    assert "988" in WORDINGS.of("crisis", "sms").text


def test_a_time_is_the_patients_own_over_both_changes_of_the_clock() -> None:
    zone = ZoneInfo("America/New_York")
    assert when_text(datetime(2026, 3, 8, 6, 30, tzinfo=UTC), zone) == "Sun Mar 8, 1:30 AM EST"
    assert when_text(datetime(2026, 3, 8, 7, 30, tzinfo=UTC), zone) == "Sun Mar 8, 3:30 AM EDT"
    assert when_text(datetime(2026, 11, 1, 17, 0, tzinfo=UTC), zone) == "Sun Nov 1, 12:00 PM EST"


def test_a_clinic_whose_name_has_accents_sends_one_text_and_one_too_long_is_refused() -> None:
    _, text = render(WORDINGS, "reminder", "sms", clinic="Clínica Niño", phone="202-555-0100", when="Mon Mar 2")
    assert "at Clinica Nino on" in text
    with pytest.raises(ValueError, match="longer than 160"):
        render(WORDINGS, "question", "sms", clinic="North", phone="202-555-0100", when="now", link="https://" + "x" * 120)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("You have an appointment at {clinic}", "Your ketamine waits at {clinic}", "ketamin"),
        ("Reply C to confirm. {phone}. STOP to opt out.", "Reply C to confirm. STOP to opt out.", "puts in"),
        ("Reply C to confirm. {phone}. STOP to opt out.", "Reply C to confirm. {phone}.", "opt out"),
        ("how are you today? {link}", "how are you today? " + "We hope you are well. " * 4 + "{link}", "longer than 160"),
        ('name = "stopped"', 'name = "help"', "'stopped'"),
    ],
)
def test_a_wording_that_says_too_much_or_too_little_refuses_the_start(
    before: str, after: str, fault: str, tmp_path: Path
) -> None:
    text = (Path(tables.__file__).parent / "data" / "wordings.toml").read_text()
    assert before in text
    file = tmp_path / "wordings.toml"
    file.write_text(text.replace(before, after, 1))
    with pytest.raises(TableRefused, match=fault):
        read_table(file, Wordings)
