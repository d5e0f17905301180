"""Contacts: what an address must be, said with what to mend; kept whole or not at all; shown to those who may change it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.notifications.house import House, opened

GOOD = [
    ("sms", "202-555-0123", "+12025550123"),
    ("voice", "+49 30 901820", "+4930901820"),
    ("email", "lee@north.example", "lee@north.example"),
    ("webhook", "https://pager.example/hook?k=1", "https://pager.example/hook?k=1"),
    ("push", "ntfys://ntfy.example/a-topic", "ntfys://ntfy.example/a-topic"),
]
BAD = [
    ("sms", "12", "a phone number that exists"),
    ("sms", "call me", "a phone number, as +12025550123, or as dialled within US"),
    ("voice", "+1 555 555 5555 55", "a phone number that exists"),
    ("email", "lee", "name@host"),
    ("email", "a@b.example,c@d.example", "one mail address"),
    ("webhook", "ftp://pager.example/", "http or https"),
    ("webhook", "http://pager.example:port/", "http or https"),
    ("chat", "slack", "an apprise URL, as in"),
    ("chat", "nosuchthing://a/b", "apprise does not know this scheme"),
    ("chat", "slack://", "a part of the URL is missing"),
    ("push", "syslog://", "stays on the server itself"),
    ("push", "windows://", "stays on the server itself"),
    ("push", "dbus://", "stays on the server itself"),
    ("chat", "workflows://h.example/a/b/?template=/etc/passwd", "name a file"),
    ("chat", "fcm://project@key/device/?keyfile=/etc/passwd", "name a file"),
]


@pytest.fixture
async def house(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(kafka, database, prefix, tmp_path) as house:
        yield house


async def test_addresses_are_kept_as_they_will_be_used(house: House) -> None:
    assert (await house.reach(*((kind, given) for kind, given, _ in GOOD))).status_code == 204
    [(_, kept)] = (await house.api.get("/contacts")).json().items()
    assert [(way["channel"], way["address"]) for way in kept] == [(kind, whole) for kind, _, whole in GOOD]


async def test_a_bad_address_is_refused_with_what_was_expected_and_nothing_is_changed(house: House) -> None:
    assert (await house.reach(("console", "desk"))).status_code == 204
    for kind, address, expected in BAD:
        answer = await house.reach(("console", "desk"), (kind, address))
        problem = answer.json()
        assert answer.status_code == 422, (kind, address)
        [fault] = problem["faults"]
        assert fault["field"] == "body.channels.1.address"
        assert expected in fault["expected"], (kind, address)
        assert address not in answer.text.replace(fault["expected"], "")
        assert problem["todo"]
    [(_, kept)] = (await house.api.get("/contacts")).json().items()
    assert [way["channel"] for way in kept] == ["console"]


async def test_addresses_are_hidden_from_those_who_may_not_change_them(house: House) -> None:
    await house.reach(("sms", "202-555-0123"), ("email", "lee@north.example"))
    reader = house.stage.http("notifications", permissions=["contacts.read"])
    shown = (await reader.get("/contacts")).json()
    assert [way["address"] for way in shown["dr-lee"]] == ["hidden", "hidden"]
    assert (await reader.put("/contacts/dr-lee", json={"channels": []})).status_code == 403


async def test_an_unknown_channel_or_a_sixth_is_refused(house: House) -> None:
    assert (await house.reach(("carrier pigeon", "x"))).status_code == 422
    assert (await house.reach(*[("console", "desk")] * 6)).status_code == 422
    assert (await house.reach()).status_code == 422
