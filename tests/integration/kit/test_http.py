"""HTTP on real PostgreSQL: one transaction a request, refusals that echo nothing, and no route that forgot its permission."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr

from kit.app import MAX_BODY_BYTES, create_app
from kit.http import Routes, needs, public
from kit.metrics import Metrics
from kit.openapi import describe_needs
from kit.progress import Progress
from kit.settings import Settings
from tests.integration.kit.webapp import Web, web

OWNER = "6a4b7f34-5d4e-4b7a-9d3a-0b8e0f5f5a11"
THING = {"owner": OWNER}
COUNT = "SELECT count(*) FROM things"


@pytest.fixture
async def site(database: str, tmp_path: Path) -> AsyncIterator[Web]:
    async with web(database, tmp_path) as found:
        yield found


async def test_a_command_is_committed_before_its_answer_leaves_with_its_audit_row(site: Web) -> None:
    answer = await site.client.post("/things", json=THING, headers=site.token("things.write"))
    assert (answer.status_code, answer.json()) == (201, {"things": 1})
    assert await site.rows(COUNT) == 1
    assert await site.rows("SELECT count(*) FROM kit.audit WHERE actor = 'nurse-1' AND action = 'make'") == 1


@pytest.mark.parametrize(("fail", "status"), [("refused", 409), ("bug", 500), ("away", 503)])
async def test_what_fails_leaves_nothing_behind(site: Web, fail: str, status: int) -> None:
    answer = await site.client.post("/things", params={"fail": fail}, json=THING, headers=site.token("things.write"))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Lovelace" not in answer.text
    assert await site.rows(COUNT) == await site.rows("SELECT count(*) FROM kit.audit") == 0
    if status == 503:
        assert int(answer.headers["retry-after"]) > 0
    if status == 409:
        assert answer.json()["faults"] == [{"field": "body.holds", "expected": "a bag"}]
        assert answer.json()["todo"] == "Take a bag."


async def test_a_read_cannot_write(site: Web) -> None:
    read = site.token("things.read")
    assert (await site.client.get("/things", headers=read)).status_code == 200
    assert (await site.client.get("/things", params={"write": True}, headers=read)).status_code == 500
    assert await site.rows(COUNT) == 0


async def test_who_asks_must_say_so_and_be_allowed(site: Web) -> None:
    ask = site.client.get
    missing = await ask("/things")
    assert (missing.status_code, missing.headers["www-authenticate"]) == (401, "Bearer")
    stale = await ask("/things", headers=site.token("things.read", hours=-1))
    assert (stale.status_code, stale.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert "expired at" in stale.json()["detail"]
    lacking = await ask("/things", headers=site.token("things.write"))
    assert lacking.status_code == 403
    assert "things.read" in lacking.json()["detail"]
    assert (await ask("/me", headers=site.token("things.read", subject="n-7"))).json() == {"subject": "n-7"}
    assert (await ask("/answer")).json() == {"actor": "anonymous"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"owner": "Lovelace"}, "body.owner"),
        (THING | {"holds": {"kind": "Lovelace"}}, "body.holds"),
        (THING | {"holds": {"kind": "box", "weight": "Lovelace"}}, "body.holds.box.weight"),
        (THING | {"holds": {"kind": "box", "weight": False}}, "body.holds.box.weight"),
        (THING | {"holds": {"kind": "box", "weight": float("nan")}}, "body.holds.box.weight"),
        ({"name": ["Lovelace"]}, "body.name"),
    ],
)
async def test_a_wrong_field_is_named_and_its_value_is_not_repeated(site: Web, body: dict[str, Any], field: str) -> None:
    headers = site.token("things.write") | {"Content-Type": "application/json"}
    answer = await site.client.post("/things", content=json.dumps(body), headers=headers)
    assert answer.status_code == 422
    assert field in [fault["field"] for fault in answer.json()["faults"]]
    assert "Lovelace" not in answer.text
    assert "found `" not in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"owner": Lovelace', 422), (b"\xff", 400), (json.dumps(THING | {"name": "a\0b"}).encode(), 422)],
)
async def test_garbage_is_the_callers_fault_not_ours(site: Web, body: bytes, status: int) -> None:
    headers = site.token("things.write") | {"Content-Type": "application/json"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(site.app), base_url="http://probe") as strict:
        answer = await strict.post("/things", content=body, headers=headers)  # raises what is taken for a bug of ours
    assert answer.status_code == status
    assert "Lovelace" not in answer.text
    assert await site.rows(COUNT) == 0


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_too_large_is_refused_whether_it_says_so_or_not(site: Web, chunked: bool, keyed: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 2**20 + 1):
            yield b"x" * 2**20

    headers = site.token("things.write") | {"Content-Type": "application/json"}
    headers |= {"Idempotency-Key": OWNER} if keyed else {}
    answer = await site.client.post("/things", content=pieces() if chunked else b"x" * (MAX_BODY_BYTES + 1), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert str(MAX_BODY_BYTES) in answer.json()["title"] + answer.json()["detail"]


async def test_unknown_paths_and_methods_are_problems_too(site: Web) -> None:
    nowhere, wrong = await site.client.get("/nowhere"), await site.client.delete("/things")
    assert (nowhere.status_code, wrong.status_code) == (404, 405)
    assert all(one.headers["content-type"] == "application/problem+json" and one.json()["todo"] for one in (nowhere, wrong))
    assert wrong.headers["allow"]


async def test_routes_may_have_another_form_of_refusal_for_all_of_them(site: Web) -> None:
    for headers, status in (({}, 401), (site.token("other"), 403), (site.token("things.write"), 422)):
        answer = await site.client.post("/formed", json={}, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/other+json")


async def test_saying_something_while_kafka_is_away_is_put_off(site: Web) -> None:
    answer = await site.client.post("/readings", headers=site.token("things.write"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_a_trace_goes_on_and_a_made_up_one_does_not(site: Web) -> None:
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for header in (given, "00-" + "z" * 52):
        await site.client.get("/things", headers=site.token("things.read") | {"traceparent": header})
    first, second = [origin.traceparent or "" for origin in site.commands.origins]
    assert first[:36] == given[:36]
    assert "z" not in second


# --- idempotency ---


async def test_a_key_does_a_command_once_and_answers_alike(site: Web) -> None:
    headers = site.token("things.write") | {"Idempotency-Key": OWNER}
    first = await site.client.post("/things", json=THING, headers=headers)
    again = await site.client.post("/things", json=THING, headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, b'{"things":1}')
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert await site.rows(COUNT) == 1


async def test_a_key_is_for_one_command_of_one_caller(site: Web) -> None:
    mine = site.token("things.write") | {"Idempotency-Key": OWNER}
    await site.client.post("/things", json=THING, headers=mine)
    theirs = site.token("things.write", subject="nurse-2") | {"Idempotency-Key": OWNER}
    others = [
        await site.client.post("/things", json=THING | {"name": "x"}, headers=mine),
        await site.client.post("/things", params={"fail": "no"}, json=THING, headers=mine),
        await site.client.post("/things", json=THING, headers=theirs),
    ]
    assert [answer.status_code for answer in others] == [422] * 3
    assert await site.rows(COUNT) == 1


async def test_a_command_that_failed_leaves_its_key_free(site: Web) -> None:
    headers = site.token("things.write") | {"Idempotency-Key": OWNER}
    for fail, status in (("away", 503), ("", 422), ("away", 503)):
        body = THING if fail else {}
        assert (await site.client.post("/things", params={"fail": fail}, json=body, headers=headers)).status_code == status
    assert (await site.client.post("/things", json=THING, headers=headers)).status_code == 201


async def test_the_same_key_meanwhile_is_refused_and_then_answered_alike(site: Web) -> None:
    headers = site.token("things.write") | {"Idempotency-Key": OWNER}

    async def slow() -> Any:
        return await site.client.post("/things", params={"fail": "slow"}, json=THING, headers=headers)

    first = asyncio.create_task(slow())
    async with asyncio.timeout(10):
        await site.begun.wait()
        assert (await slow()).status_code == 409
        site.go_on.set()
        assert (await first).status_code == 201
        assert (await slow()).headers["idempotency-replayed"] == "true"
    assert await site.rows(COUNT) == 1


async def test_a_key_is_a_uuid(site: Web) -> None:
    answer = await site.client.post("/things", json=THING, headers=site.token("things.write") | {"Idempotency-Key": "once"})
    assert (answer.status_code, answer.json()["faults"][0]["field"]) == (422, "header.Idempotency-Key")


# --- what is said about routes, and probes ---


async def test_the_description_shows_permissions_keys_and_problems(site: Web) -> None:
    described = (await site.client.get("/openapi.json")).json()
    make, answer = described["paths"]["/things"]["post"], described["paths"]["/answer"]["get"]
    assert make["security"] == [{"bearer": ["things.write"]}]
    assert "things.write" in make["description"]
    assert "Idempotency-Key" in [one["name"] for one in make["parameters"]]
    assert {"401", "403", "404", "409", "422"} <= set(make["responses"])
    assert list(make["responses"]["422"]["content"]) == ["application/problem+json"]
    assert (answer["security"], "401" in answer["responses"]) == ([], False)
    assert "a link that shows" in answer["description"]
    assert describe_needs(site.app)["/things"] == {"POST": "things.write", "GET": "things.read"}


def silent() -> Routes:
    routes = Routes()
    routes.add_api_route("/strange", lambda: None)
    return routes


def plain() -> Routes:
    inner, routes = APIRouter(), Routes(dependencies=[needs("a.b")])
    inner.add_api_route("/strange", lambda: None)
    routes.include_router(inner)
    return routes


def two_words() -> Routes:
    routes = Routes(dependencies=[public("an answer link")])
    routes.add_api_route("/strange", lambda: None, dependencies=[needs("a.b")])
    return routes


@pytest.mark.parametrize("routes", [silent, plain, two_words])
def test_a_route_that_does_not_name_one_permission_refuses_the_start(routes: Any) -> None:
    async def ready() -> str | None:
        return None

    registry = CollectorRegistry()
    with pytest.raises(ValueError, match="/strange"):
        create_app(
            name="probe",
            settings=Settings(kafka="nowhere:1", database_url=SecretStr("postgresql://a"), jwks="f"),
            registry=registry,
            metrics=Metrics(registry),
            progress=Progress(),
            ready=ready,
            started=lambda: True,
            routes=(routes(),),
        )


def test_public_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="why"):
        public(" ")


async def test_probes_tell_progress_readiness_and_start(site: Web) -> None:
    moved = site.progress.watch("relay", 30)
    assert (await site.client.get("/livez")).status_code == 200
    site.progress.watch("stream", -1)
    stuck = await site.client.get("/livez")
    assert (stuck.status_code, list(stuck.json()["stuck"])) == (503, ["stream"])
    moved()
    assert (await site.client.get("/readyz")).status_code == 503
    assert (await site.client.get("/startupz")).status_code == 200


async def test_metrics_know_routes_by_their_template_and_no_invented_method(site: Web) -> None:
    for method in ("BREW1", "BREW2"):
        await site.client.request(method, "/things")
    await site.client.get(f"/nowhere/{UUID(int=7)}")
    text = generate_latest(site.registry).decode()
    assert 'method="other",route="/things"' in text
    assert "BREW" not in text
    assert str(UUID(int=7)) not in text
    assert (await site.client.get("/metrics")).status_code == 200
