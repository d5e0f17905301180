"""Messages to patients on the real store: what is refused, what a consent keeps, what nobody gets to see, and at most once."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from schemas.notifications.messages import MESSAGES, MessageFailed, MessageReplied, MessageSent
from services.notifications.moving.messages import LOWEST, Remind
from services.notifications.moving.reminders import remind
from services.notifications.rules.policy import RANK
from tests.integration.notifications.test_mail import Postbox, postbox
from tests.story.phone import NEW_YORK, Phones, phones_at

__all__ = ["postbox"]
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=NEW_YORK)
AGREED = {"channel": "sms", "address": "(202) 555-0143", "zone": "America/New_York", "consent_version": "sms-1"}


@pytest.fixture
async def phones(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_at(MONDAY, kafka, database, prefix, tmp_path) as there:
        yield there


async def rows(phones: Phones, sql: str) -> list[Any]:
    async with phones.stage.running["notifications"].store.pool.acquire() as db:
        return [dict(row) for row in await db.fetch(sql)]


WRONG = [
    ({"address": "999"}, "body.address"),
    ({"address": "nobody-here"}, "body.address"),
    ({"address": "+12025550143 ext. 5"}, "body.address"),
    ({"channel": "email", "consent_version": "email-1", "address": "nobody-here"}, "body.address"),
    ({"zone": "Mars/Olympus"}, "body.zone"),
    ({"zone": "../etc"}, "body.zone"),
    ({"consent_version": "sms-0"}, "body.consent_version"),
    ({"channel": "voice"}, "body.channel"),
    ({"colour": "red"}, "body.colour"),
]


async def test_a_consent_that_cannot_be_is_refused_with_what_to_mend_and_keeps_nothing(phones: Phones) -> None:
    before = await rows(phones, "SELECT * FROM messaging_consents")
    for change, field in WRONG:
        answer = await phones.desk.put(f"/patients/{phones.patient}/messaging", json=AGREED | change)
        assert answer.status_code == 422, change
        assert answer.json()["faults"][0]["field"] == field, change
        assert answer.json()["faults"][0]["expected"]
        assert change.get("address", "no such text") not in answer.text
    assert await rows(phones, "SELECT * FROM messaging_consents") == before


async def test_a_consent_keeps_what_was_shown_when_from_where_and_by_whom_and_hides_the_address(phones: Phones) -> None:
    assert (await phones.desk.put(f"/patients/{uuid4()}/messaging", json=AGREED)).status_code == 404
    body = AGREED | {"came_from": "198.51.100.7"}
    assert (await phones.desk.put(f"/patients/{phones.patient}/messaging", json=body)).status_code == 204
    kept = (await rows(phones, "SELECT * FROM messaging_consents ORDER BY at DESC, came_from DESC LIMIT 1"))[0]
    [text] = [one for one in (await phones.desk.get("/messaging-consents")).json() if one["channel"] == "sms"]
    assert (kept["address"], kept["text_shown"], kept["version"]) == ("+12025550143", text["text"], "sms-1")
    assert (kept["came_from"], kept["by_whom"], kept["at"]) == ("198.51.100.7", "desk", phones.stage.clock.now())
    shown = await phones.desk.get(f"/patients/{phones.patient}/messaging")
    assert "5550143" not in shown.text
    reader = phones.stage.http("notifications", actor="reader", permissions=("messaging.read",))
    assert (await reader.post(f"/patients/{phones.patient}/messaging/addresses")).status_code == 403
    assert (await reader.put(f"/patients/{phones.patient}/messaging", json=AGREED)).status_code == 403
    read = await phones.desk.post(f"/patients/{phones.patient}/messaging/addresses")
    assert read.json() == {"sms": "+12025550143"}
    assert (await phones.desk.delete(f"/patients/{phones.patient}/messaging")).status_code == 204
    audited = [row["action"] for row in await rows(phones, "SELECT action FROM kit.audit ORDER BY id")]
    assert audited[-3:] == ["put messaging consent", "read messaging addresses", "withdraw messaging consent"]


async def test_no_event_task_or_log_holds_a_number_or_what_a_patient_wrote(
    phones: Phones, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 13))
    await phones.reply("my secret is a purple cat")
    await phones.reply("I want to die, purple cat")
    phones.provider.fault = "wrong number"
    await phones.until(phones.at(5, 13))
    everything = [event.model_dump_json() for event in await phones.stage.events(MESSAGES)]
    everything += [json.dumps((await phones.desk.get("/tasks", params={"all": True})).json())]
    everything += [caplog.text, *capfd.readouterr()]
    for text in everything:
        assert not [word for word in ("5550143", "purple", "die") if word in text]


async def test_two_reminders_due_at_once_are_one_text_and_the_other_waits(phones: Phones) -> None:
    await phones.book(phones.at(6, 13))
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 13))
    assert phones.arrived == ["03 13:00"]
    await phones.until(phones.at(4, 8))
    assert phones.arrived == ["03 13:00", "04 08:00"]


async def test_two_replicas_that_judge_at_once_keep_the_limit_between_them(phones: Phones) -> None:
    appointments = [await phones.book(phones.at(6, 13)), await phones.book(phones.at(6, 14))]
    phones.stage.clock.at = phones.at(3, 14)  # nobody is woken: the two below are the replicas

    async def judge(appointment: UUID) -> None:
        async with phones.stage.running["notifications"].store.transaction() as tx:
            await remind(Remind(patient_id=phones.patient, appointment_id=appointment, reminder="72 h"), tx)
            await asyncio.sleep(0.2)

    await asyncio.gather(*[judge(appointment) for appointment in appointments])
    await phones.stage.settle()
    assert len(phones.texts()) == 1


async def test_an_answer_of_the_provider_that_is_lost_is_not_asked_for_twice(phones: Phones) -> None:
    """The worker dies in the middle of the call: nobody knows whether the text went, so staff call."""
    await phones.book(phones.at(6, 13))
    phones.stage.clock.turn_to(phones.at(3, 13))
    async with phones.stage.running["notifications"].store.pool.acquire() as db:
        await phones.stage.settle()
        sent = len(phones.provider.texts)
        await db.execute(
            "UPDATE kit.jobs SET state = 'running', lease_until = '2000-01-01', finished_at = NULL WHERE name = 'SendMessage'"
        )
        await db.execute("UPDATE messages SET state = 'queued'")
    phones.stage.running["notifications"].hints.wake_all()
    await phones.stage.settle()
    assert len(phones.provider.texts) == sent == 1
    [failed] = [event for event in await phones.stage.events(MESSAGES) if isinstance(event, MessageFailed)]
    assert failed.reason == "the channel did not say whether it took it"
    assert await phones.tasks() == [("not reached", "72 h: no channel left")]


async def test_messages_stand_behind_every_page(phones: Phones) -> None:
    assert min(rank for priority, rank in RANK.items() if priority != "low") > LOWEST
    await phones.prescriber()
    await phones.book(phones.at(6, 13))
    await phones.until(phones.at(3, 13))
    await phones.reply("i want to die")
    jobs = await rows(phones, "SELECT name, priority FROM kit.jobs")
    assert {job["priority"] for job in jobs if job["name"] == "SendMessage"} == {LOWEST}
    assert min(job["priority"] for job in jobs if job["name"] != "SendMessage") > LOWEST


async def test_mail_carries_the_same_words_and_the_way_out(
    postbox: tuple[Postbox, Any], kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    mail = SecretStr(f"mailto://127.0.0.1:{postbox[1].port}?from=clinic@north.example")
    async with phones_at(MONDAY, kafka, database, prefix, tmp_path, mail_url=mail) as phones:
        await phones.desk.delete(f"/patients/{phones.patient}/messaging")
        await phones.agree("email", "jo@doe.example")
        await phones.book(phones.at(6, 13))
        await phones.until(phones.at(5, 13))
        assert phones.texts() == []
        sent = [event.channel for event in await phones.said(MessageSent)]
        assert sent == ["email", "email"]
        [first, question] = postbox[0].mail
        assert (first[0], first[1]["Subject"]) == (["jo@doe.example"], "North: your appointment")
        body = question[1].get_body(("html", "plain"))
        assert body is not None
        text = body.get_content()
        assert "Fri Mar 6, 1:00 PM EST" in text
        assert not [word for word in ("ketamine", "infusion", "fasting", "Doe") if word in text]
        link = text[text.index("/m/") :].split()[0].split("<")[0].split('"')[0]
        await phones.press(link, "ride-confirmed")
        assert [event.about for event in await phones.said(MessageReplied)] == ["ride"]


async def test_a_text_longer_than_one_with_this_clinics_address_is_a_task(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    address = "https://appointments.the-infusion-clinic-of-the-north.example/patients/answers"
    async with phones_at(MONDAY, kafka, database, prefix, tmp_path, public_url=address) as phones:
        await phones.book(phones.at(6, 13))
        await phones.until(phones.at(5, 13))
        assert len(phones.texts()) == 1
        [failed] = await phones.said(MessageFailed)
        assert failed.reason == "the wording 'question' is longer than 160 characters with this clinic's values"
        assert await phones.tasks() == [("not reached", "24 h: no channel left")]
