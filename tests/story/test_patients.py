"""What patients are sent before and after an infusion, what they answer, and what staff do because of it."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from schemas.notifications.messages import (
    MessageDelivered,
    MessageFailed,
    MessageHeld,
    MessageReplied,
    MessageSent,
    MessagingConsentGiven,
    MessagingConsentWithdrawn,
    StaffTaskDone,
    StaffTaskOpened,
)
from schemas.notifications.pages import PAGES, PageOpened, PageSent
from schemas.scheduling.appointments import AppointmentCancelled
from tests.story.phone import NEW_YORK, Phones, phones_at

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=NEW_YORK)


@pytest.fixture
async def phones(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Phones]:
    """Monday, nine in the morning."""
    async with phones_at(MONDAY, kafka, database, prefix, tmp_path) as there:
        yield there


async def test_booked_four_days_ahead_reminds_three_times_in_neutral_words(phones: Phones) -> None:
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(6, 13))
    line = "You have an appointment at North on Fri Mar 6, 1:00 PM EST. Reply C to confirm. 202-555-0100. STOP to opt out."
    [first, question, last] = phones.texts()
    assert (first, last) == (("03 13:00", line), ("06 11:00", line))
    assert question[0] == "05 13:00"
    assert question[1].startswith("North: Fri Mar 6, 1:00 PM EST. Please answer: https://north.example/m/")
    assert question[1].endswith(" C to confirm. 202-555-0100. STOP to opt out.")
    assert all(len(text) <= 160 for _, text in phones.texts())
    assert [event.kind for event in await phones.said(MessageSent)] == ["72 h", "24 h", "2 h"]
    # The patient said nothing about preparation or ride: eight hours before, staff know.
    [opened] = await phones.said(StaffTaskOpened)
    assert (opened.kind, opened.opened_at, opened.due_at) == ("not confirmed", phones.at(6, 5), phones.at(6, 13))


async def test_booked_a_day_and_a_half_ahead_gets_only_what_is_still_to_come(phones: Phones) -> None:
    await phones.book(phones.at(3, 20))
    await phones.until(phones.at(3, 20))
    assert phones.arrived == ["02 20:00", "03 18:00"]
    assert await phones.said(MessageHeld) == []


async def test_one_tap_confirms_preparation_and_ride_and_a_preview_confirms_nothing(phones: Phones) -> None:
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(5, 13))
    link = phones.link()
    number, _, signature = link.removeprefix("/m/").partition(".")
    for forged in (f"/m/{number}.{signature[:-1]}", f"/m/{number}.{signature[::-1]}", f"/m/1{number}.{signature}", "/m/1"):
        assert (await phones.anybody.get(forged)).status_code == 404
        assert (await phones.anybody.post(forged, content="answer=ride-confirmed")).status_code == 404
    page = (await phones.anybody.get(link)).text
    for words in ("I can keep to the preparation", "I need to talk to someone", "An adult will take me home", "Not yet"):
        assert words in page
    assert "988" in page
    assert "911" in page
    assert not [word for word in ("ketamine", "infusion", "fasting", "Doe") if word in page.lower()]
    assert await phones.said(MessageReplied) == []
    assert "Thank you." in await phones.press(link, "preparation-confirmed")
    page = await phones.press(link, "ride-confirmed")
    assert "We know: An adult will take me home." in page
    await phones.press(link, "ride-confirmed")
    assert [(event.kind, event.about) for event in await phones.said(MessageReplied)] == [
        ("confirmed", "preparation"),
        ("confirmed", "ride"),
    ]
    await phones.until(phones.at(6, 13))
    assert await phones.tasks() == []
    # The link ends with the appointment's beginning.
    assert (await phones.anybody.get(link)).status_code == 404


async def test_no_ride_yet_is_a_task_until_an_adult_is_found(phones: Phones) -> None:
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(5, 13))
    assert "Somebody will call you" in await phones.press(phones.link(), "ride-declined")
    await phones.press(phones.link(), "preparation-declined")
    assert [kind for kind, _ in await phones.tasks()] == ["no ride", "talk wanted"]
    await phones.press(phones.link(), "ride-confirmed")
    assert [kind for kind, _ in await phones.tasks()] == ["talk wanted"]
    [task] = (await phones.desk.get("/tasks")).json()
    done = await phones.desk.post(f"/tasks/{task['task_id']}/done", json={"what": "explained on the phone"})
    assert done.status_code == 204
    assert (await phones.desk.post(f"/tasks/{task['task_id']}/done", json={"what": "again"})).status_code == 409
    await phones.stage.settle()
    assert [event.by for event in await phones.said(StaffTaskDone)] == ["notifications", "desk"]


async def test_a_cancelled_appointment_reminds_nobody_and_a_new_time_begins_anew(phones: Phones) -> None:
    first = await phones.book(phones.at(6, 13))
    second = await phones.book(phones.at(10, 13))
    await phones.cancel(first)
    await phones.until(phones.at(6, 14))
    assert phones.texts() == []
    await phones.book(phones.at(11, 13), appointment=second)
    await phones.until(phones.at(11, 14))
    assert phones.arrived == ["08 13:00", "10 13:00", "11 11:00"]


async def test_a_reminder_due_at_night_comes_at_eight_where_the_patient_is(phones: Phones) -> None:
    await phones.agree(zone="America/Los_Angeles")
    await phones.book(phones.at(6, 12))  # 9:00 in Los Angeles: two hours before are 7:00 there, 10:00 in New York
    await phones.until(phones.at(6, 12))
    assert phones.arrived == ["03 12:00", "05 12:00", "06 11:00"]
    assert "Fri Mar 6, 9:00 AM PST" in phones.texts()[-1][1]


async def test_a_reminder_that_the_night_makes_useless_is_a_task(phones: Phones) -> None:
    await phones.book(phones.at(6, 7, 30))
    await phones.until(phones.at(6, 7, 30))
    assert phones.arrived == ["03 08:00", "05 08:00"]
    assert ("not reached", "2 h: quiet hours") in await phones.tasks()
    [held] = await phones.said(MessageHeld)
    assert (held.kind, held.reason, held.held_at) == ("2 h", "quiet hours", phones.at(6, 5, 30))


async def test_the_clocks_go_forward_and_a_message_still_comes_at_eight(phones: Phones) -> None:
    # On 8 March 2026 New York's clocks go from 2:00 to 3:00; 24 h before Sunday 7:30 is Saturday 6:30 by the wall.
    await phones.book(phones.at(8, 7, 30))
    await phones.until(phones.at(8, 7, 30))
    assert phones.arrived == ["05 08:00", "07 08:00"]
    assert [held.reason for held in await phones.said(MessageHeld)] == ["quiet hours"]


async def test_what_the_weeks_limit_drops_becomes_a_task(phones: Phones) -> None:
    for day in (6, 9):
        await phones.book(phones.at(day, 13))
    await phones.until(phones.at(9, 14))
    assert phones.arrived == ["03 13:00", "05 13:00", "06 11:00"]
    assert [(h.kind, h.reason) for h in await phones.said(MessageHeld)] == [
        ("72 h", "limit"),
        ("24 h", "limit"),
        ("2 h", "limit"),
    ]
    why = [why for _, why in await phones.tasks()]
    assert {"72 h: limit", "24 h: limit", "2 h: limit"} <= set(why)


async def test_what_the_limit_keeps_from_the_phone_goes_by_mail_where_the_patient_agreed(phones: Phones) -> None:
    await phones.agree("email", "jo@doe.example")
    for day in (6, 9):
        await phones.book(phones.at(day, 13))
    await phones.until(phones.at(6, 14))
    # No mail server is set here, so the mail fails, is said, and is a task.
    assert [(f.kind, f.channel) for f in await phones.said(MessageFailed)] == [("72 h", "email")]
    assert ("not reached", "72 h: limit") in await phones.tasks()


async def test_stop_ends_everything_at_once_and_is_confirmed_once_and_start_begins_again(phones: Phones) -> None:
    await phones.agree("email", "jo@doe.example")
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 14))
    assert (await phones.reply("Stop.")).startswith("North: you will get no more messages from us.")
    assert await phones.reply("STOP") == ""
    [withdrawn] = await phones.said(MessagingConsentWithdrawn)
    assert (withdrawn.channels, withdrawn.via) == (("sms", "email"), "reply")
    await phones.until(phones.at(5, 14))
    assert len(phones.texts()) == 1
    assert await phones.tasks() == [("not reached", "24 h: no consent")]
    assert (await phones.reply("start")).startswith("North: you agreed to get texts")
    await phones.until(phones.at(6, 13))
    assert phones.arrived == ["03 13:00", "06 11:00"]
    shown = (await phones.desk.get(f"/patients/{phones.patient}/messaging")).json()
    assert shown["channels"] == [{"channel": "sms", "may_be_used": True}, {"channel": "email", "may_be_used": False}]
    assert [(c["channel"], c["given"], c["via"]) for c in shown["consents"]] == [
        ("email", True, "staff"),
        ("sms", True, "staff"),
        ("email", False, "reply"),
        ("sms", False, "reply"),
        ("sms", True, "reply"),
    ]
    assert [event.via for event in await phones.said(MessagingConsentGiven)] == ["staff", "staff", "reply"]


async def test_c_confirms_and_anything_else_is_for_a_person_to_read(phones: Phones) -> None:
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 13))
    assert (await phones.reply("c")).startswith("North: thank you, your appointment is confirmed.")
    await phones.reply("Can my cat come?", sid="SM-cat")
    assert (await phones.reply("Can my cat come?", sid="SM-cat")).startswith("North: thank you, a person will read this.")
    assert [(e.kind, e.about) for e in await phones.said(MessageReplied)] == [("confirmed", "attendance"), ("free text", None)]
    [task] = (await phones.desk.get("/tasks")).json()
    assert (task["kind"], task["has_text"], task["patient_id"]) == ("reply to read", True, str(phones.patient))
    read = (await phones.desk.post(f"/tasks/{task['task_id']}/contents")).json()
    assert (read["text"], read["address"]) == ("Can my cat come?", phones.number)
    nobody = phones.stage.http("notifications", actor="x", permissions=("tasks.read",))
    assert (await nobody.post(f"/tasks/{task['task_id']}/contents")).status_code == 403


async def test_a_reply_that_sounds_like_crisis_pages_the_prescriber_at_night_and_the_numbers_come_at_once(phones: Phones) -> None:
    await phones.prescriber()
    await phones.reply("stop")
    await phones.until(phones.at(3, 2))
    answer = await phones.reply("I can't do this anymore")
    assert "988" in answer
    assert "911" in answer
    [opened] = [event for event in await phones.stage.events(PAGES) if isinstance(event, PageOpened)]
    assert (opened.subject, opened.priority, opened.patient_id) == ("safety", "high", phones.patient)
    sent = [event for event in await phones.stage.events(PAGES) if isinstance(event, PageSent)]
    assert {event.staff_id for event in sent} == {"dr-lee"}
    assert ("crisis reply", "a reply holds a crisis word") in await phones.tasks()
    said = [event for event in await phones.said(MessageReplied) if event.kind == "crisis"]
    assert "anymore" not in said[0].model_dump_json()


async def test_a_crisis_from_a_number_nobody_knows_goes_to_a_person_too(phones: Phones) -> None:
    await phones.prescriber()
    assert "988" in await phones.reply("i want to die", sender="+12025550177")
    [opened] = [event for event in await phones.stage.events(PAGES) if isinstance(event, PageOpened)]
    assert (opened.subject, opened.patient_id) == ("safety", None)
    assert [kind for kind, _ in await phones.tasks()] == ["crisis reply"]


async def test_a_day_after_going_home_a_link_asks_and_the_call_stands(phones: Phones) -> None:
    await phones.until(phones.at(3, 14))
    session = await phones.go_home()
    await phones.until(phones.at(4, 14))
    [(came, text)] = phones.texts()
    assert (came, text.partition("http")[0]) == ("04 14:00", "North: how are you today? ")
    await phones.owe_call(session)
    assert await phones.tasks() == [("follow-up call", "call 1 after discharge")]
    page = (await phones.anybody.get(phones.link())).text
    assert "Would you like us to call you today?" in page
    assert "988" in page
    await phones.press(phones.link(), "check-in-declined")
    [task] = [task for task in (await phones.desk.get("/tasks")).json() if task["kind"] == "call wanted"]
    assert datetime.fromisoformat(task["due_at"]) == phones.at(4, 21)
    assert {kind for kind, _ in await phones.tasks()} == {"follow-up call", "call wanted"}


async def test_a_button_ends_the_messages_too(phones: Phones) -> None:
    await phones.go_home()
    await phones.until(phones.at(3, 10))
    assert "no more messages" in await phones.press(phones.link(), "stop")
    [withdrawn] = await phones.said(MessagingConsentWithdrawn)
    assert withdrawn.via == "link"


async def test_receipts_are_said_and_what_cannot_be_delivered_is_a_task(phones: Phones) -> None:
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 13))
    [text] = phones.provider.texts
    for status in ("sent", "delivered", "delivered", "failed"):
        assert (await phones.provider.receipt(phones.anybody, text, status)).status_code == 204
    await phones.stage.settle()
    assert len(await phones.said(MessageDelivered)) == 1
    await phones.until(phones.at(5, 13))
    assert (await phones.provider.receipt(phones.anybody, phones.provider.texts[-1], "undelivered")).status_code == 204
    await phones.stage.settle()
    assert [event.kind for event in await phones.said(MessageFailed)] == ["24 h"]
    assert await phones.tasks() == [("not reached", "24 h: no channel left")]


async def test_a_shared_phone_confirms_nobodys_appointment_by_guess(phones: Phones) -> None:
    other = uuid4()
    await phones.refer(other)
    await phones.agree(patient=other)
    await phones.book(phones.at(6, 13))
    await phones.book(phones.at(6, 14), patient=other)
    await phones.until(phones.at(3, 14))
    assert "a person will read this" in await phones.reply("C")
    assert await phones.tasks() == [("reply to read", "somebody wrote; 2 patients have the number")]
    await phones.reply("stop")
    assert len(await phones.said(MessagingConsentWithdrawn)) == 2


async def test_a_reminder_of_a_service_that_was_down_is_sent_while_it_is_useful(phones: Phones) -> None:
    await phones.book(phones.at(6, 13))
    phones.stage.clock.turn_to(phones.at(4, 10))  # nothing ran since Monday
    await phones.stage.settle()
    assert phones.arrived == ["04 10:00"]
    phones.stage.clock.turn_to(phones.at(6, 12))  # the question of 24 h before is of no use any more, the last reminder is
    await phones.stage.settle()
    assert phones.arrived == ["04 10:00", "06 12:00"]
    assert [(held.kind, held.reason) for held in await phones.said(MessageHeld)] == [("24 h", "too late")]
    assert await phones.tasks() == [("not reached", "24 h: too late")]
    # What is over when we hear of it is nobody's task.
    await phones.book(phones.at(5, 13))
    await phones.until(phones.at(7, 13))
    assert len(await phones.tasks()) == 1


async def test_a_provider_that_hangs_is_asked_once_and_staff_call(phones: Phones) -> None:
    phones.provider.fault = "breaks off"
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 13))
    assert (phones.provider.asked, await phones.tasks()) == (1, [("not reached", "72 h: no channel left")])
    [failed] = await phones.said(MessageFailed)
    assert failed.reason == "the channel did not say whether it took it"


async def test_a_provider_that_refuses_for_a_while_is_asked_again(phones: Phones) -> None:
    phones.provider.fault = "refuses"
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 13, 1))
    phones.provider.fault = ""
    await phones.until(phones.at(3, 14))
    assert phones.arrived == ["03 13:05"]
    assert [failed.reason for failed in await phones.said(MessageFailed)] == ["the receiver answered 503"]
    assert await phones.tasks() == []


async def test_whoever_says_stop_while_the_provider_is_away_gets_nothing_when_it_is_back(phones: Phones) -> None:
    phones.provider.fault = "refuses"
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 13, 1))
    await phones.reply("stop")
    phones.provider.fault = ""
    await phones.until(phones.at(4, 13))
    assert phones.texts() == []


async def test_a_cancellation_that_is_not_read_yet_is_not_overtaken_by_its_reminder(phones: Phones) -> None:
    appointment = await phones.book(phones.at(6, 13))
    cancelled = AppointmentCancelled(
        appointment_id=appointment, patient_id=phones.patient, chair=1, reason="ill", cancelled_at=phones.at(3, 12)
    )
    await phones.others["scheduling"].say([(cancelled, uuid4())])
    phones.stage.clock.turn_to(phones.at(3, 13))
    await phones.stage.settle()
    assert phones.texts() == []
