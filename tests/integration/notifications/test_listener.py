"""What may be reached from outside: links and signed callbacks, and not one thing more."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from kit.app import OnlyPublic
from tests.integration.notifications.house import CONSOLE, House, opened


@pytest.fixture
async def house(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(kafka, database, prefix, tmp_path, [CONSOLE]) as house:
        yield house


async def test_the_public_listener_serves_links_and_signed_callbacks_only(house: House) -> None:
    app = house.stage.running["notifications"].app()
    shut = ["/contacts", "/pages", "/livez", "/readyz", "/metrics", "/openapi.json", "/on-call", "/answer", "/"]
    opened_paths = {"/answer/x": 404, "/receipts/twilio": 405, "/replies/twilio": 405, "/on-call/x.ics": 404}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(OnlyPublic(app)), base_url="http://outside") as outside:
        for path in shut:
            assert ((await outside.get(path)).status_code, (await outside.get(path)).text) == (404, "Not found"), path
        for path, status in opened_paths.items():
            answer = await outside.get(path)
            assert (answer.status_code, answer.text != "Not found") == (status, True), (path, answer.text)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://inside") as inside:
        assert (await inside.get("/livez")).status_code == 200


async def test_who_would_be_told_is_explained_with_the_roster_as_it_is(house: House) -> None:
    shown = (await house.api.get("/policies/explain", params={"priority": "high", "code": "A7", "chair": 3})).json()
    assert shown["ladder"] == "high"
    assert [(step["after_seconds"], step["tell"]) for step in shown["steps"]] == [
        (0, ["bedside nurse"]),
        (30, ["second nurse"]),
        (60, ["prescriber"]),
        (120, ["all staff"]),
    ]
    # dr-lee works here and is not on duty: nobody of any kind, so that whoever works here is told at the last.
    assert [[one["staff_id"] for one in step["told"]] for step in shown["steps"]] == [[], [], [], ["dr-lee"]]
    assert shown["steps"][-1]["told"][0]["channels"] == ["console"]
    assert (shown["answer_lapses_after_seconds"], shown["repeated_every_seconds"], shown["answered_by"]) == (300, 60, [])
    own = (await house.api.get("/policies/explain", params={"priority": "high", "code": "SUICIDE-RISK"})).json()
    assert (own["ladder"], own["answered_by"]) == ("suicide risk in the chair", ["prescriber", "medical director"])
    low = await house.api.get("/policies/explain", params={"priority": "low"})
    assert (low.status_code, low.json()["faults"]) == (404, [{"field": "query.priority", "expected": "emergency, high, medium"}])
