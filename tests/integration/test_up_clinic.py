"""The whole clinic comes up by one command, takes its own tokens, and refuses everybody else's."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chairside.clinic import Clinic, find
from chairside.up import names


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    folder = tmp_path_factory.mktemp("clinic")
    told = folder / "told"
    with told.open("w") as out:
        up = subprocess.Popen(
            [sys.executable, "-m", "chairside", "up", "--json", "--data", str(folder / "data")],
            stdout=subprocess.PIPE,
            stderr=out,
        )
    assert up.stdout is not None
    try:
        assert up.stdout.readline().startswith(b'{"data"'), told.read_text()
        yield find(folder / "data")
    finally:
        up.terminate()
        up.wait(30)
        up.stdout.close()


def said(clinic: Clinic, *arguments: str) -> tuple[int, dict[str, Any]]:
    """A command's exit code and what it said as JSON."""
    command = [sys.executable, "-m", "chairside", *arguments, "--json", "--data", str(clinic.data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    return done.returncode, json.loads(done.stdout)


def test_every_service_is_up_and_ready(clinic: Clinic) -> None:
    assert sorted(clinic.services) == sorted(names())
    code, status = said(clinic, "status")
    assert (code, status["services"]) == (
        0,
        {name: {"address": address, "ready": True, "why": None} for name, address in clinic.services.items()},
    )


def test_the_doctor_finds_nothing(clinic: Clinic) -> None:
    code, found = said(clinic, "doctor")
    assert code == 0, found


def test_dead_letters_are_asked_of_every_service(clinic: Clinic) -> None:
    assert said(clinic, "deadletters", "list") == (0, {"letters": []})
    code, answers = said(clinic, "deadletters", "redrive", "--dry-run")
    assert (code, list(answers.values())) == (0, [{"dry_run": True, "keys": [], "letters": []}] * len(answers))
    assert "intake" in answers
    assert said(clinic, "deadletters", "show", "nobody", "1")[0] == 1


def test_channels_are_tried_out_from_the_command_line(clinic: Clinic) -> None:
    ways = [{"channel": "console", "address": "desk"}, {"channel": "sms", "address": "+12025550123"}]
    headers = {"Authorization": f"Bearer {clinic.token('operator')}"}
    put = f"{clinic.services['notifications']}/contacts/nurse-tried"
    assert httpx2.put(put, json={"channels": ways}, headers=headers, trust_env=False).status_code == 204
    code, whole = said(clinic, "channel", "test", "nurse-tried")
    assert (code, [(one["channel"], one["outcome"].partition(":")[0]) for one in whole["tests"]]) == (
        1,
        [("console", "taken"), ("sms", "refused")],
    )
    assert said(clinic, "channel", "test", "nurse-tried", "--channel", "1")[0] == 0
    code, problem = said(clinic, "channel", "test", "nobody")
    assert (code, "PUT /contacts/nobody" in str(problem["todo"])) == (1, True)


def test_status_says_whether_alarms_reach_people(clinic: Clinic) -> None:
    code, answer = said(clinic, "status")
    assert code == 0
    assert (answer["audit"]["judged"], answer["audit"]["unanswered"], answer["audit"]["ways_out"]) == (0, 0, [])


def test_a_token_opens_what_its_role_may_and_nothing_else(clinic: Clinic) -> None:
    letters = f"{clinic.services['intake']}/operations/dead-letters"
    codes = [
        httpx2.get(letters, headers=headers, trust_env=False).status_code
        for headers in (
            {},
            {"Authorization": "Bearer nonsense"},
            {"Authorization": f"Bearer {clinic.token('device')}"},
            {"Authorization": f"Bearer {clinic.token('operator', hours=-1)}"},
            {"Authorization": f"Bearer {clinic.token('operator')}"},
        )
    ]
    assert codes == [401, 401, 403, 401, 200]


@pytest.mark.parametrize("service", ["intake", "scheduling", "monitoring", "notifications", "auditor"])
def test_whatever_is_sent_it_is_never_our_fault_and_is_answered_as_described(clinic: Clinic, service: str) -> None:
    done = subprocess.run(
        [
            *(Path(sysconfig.get_path("scripts")) / "schemathesis", "run", f"{clinic.services[service]}/openapi.json"),
            *("--header", f"Authorization: Bearer {clinic.token('system')}", "--max-examples", "15", "--no-color"),
            *("--phases", "examples,fuzzing", "--generation-database", "none", "--seed", "1"),
            *("--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=clinic.data,
    )
    assert done.returncode == 0, done.stdout[-6000:]
