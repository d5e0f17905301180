"""The clinic in containers, by the compose file as it stands: up, a referral through, a service away in the middle, down."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from benchmarks.house import free_port
from chairside.tokens import Keys
from chairside.up import names

REPOSITORY = Path(__file__).parents[2]
FILE = REPOSITORY / "deploy" / "compose.yaml"
SERVICES = tuple(names())


def why_not() -> str:
    """Why containers cannot run here; empty when they can."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    for asked in (["docker", "version"], ["docker", "compose", "version"]):
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"`{' '.join(asked)}` says: {done.stderr.strip()[-200:]}"
    return ""


WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=f"no container engine answers: {WHY_NOT}")


@dataclass
class Compose:
    """A project of its own, on ports of its own."""

    env: dict[str, str]
    folder: Path
    ports: dict[str, int]
    tokens: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> str:
        """What `docker compose` answers; it must succeed."""
        done = subprocess.run(
            ["docker", "compose", "-f", str(FILE), *arguments], capture_output=True, text=True, check=False, env=self.env
        )
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def token(self, role: str) -> str:
        """What `chairside token` mints for a role, asked once."""
        if role not in self.tokens:
            command = [sys.executable, "-m", "chairside", "token", "--data", str(self.folder), "--role", role]
            self.tokens[role] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        return self.tokens[role]

    def ask(self, service: str, role: str, method: str, path: str, body: object = None) -> httpx2.Response:
        """Ask a service as somebody of a role."""
        return httpx2.request(
            method,
            f"http://127.0.0.1:{self.ports[service]}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token(role)}"},
            trust_env=False,
            timeout=10,
        )


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    folder = tmp_path_factory.mktemp("compose")
    subprocess.run([sys.executable, REPOSITORY / "deploy" / "new_secrets.py", folder], check=True)
    ports = {name: free_port() for name in (*SERVICES, "kafka")}
    env = {
        **os.environ,
        **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
        "SECRETS": str(folder),
        "COMPOSE_PROJECT_NAME": f"chairside-{uuid4().hex[:8]}",
        "DOCKER_BUILDKIT": "1",
    }
    there = Compose(env, folder, ports)
    there("build", "--quiet")
    try:
        try:
            there("up", "--detach", "--wait")
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n{there('logs', '--tail', '20', *SERVICES)}") from None
        yield there
    finally:
        there("down", "--volumes", "--remove-orphans", "--timeout", "15")


def test_a_referral_goes_through_while_a_service_is_killed_in_the_middle(compose: Compose) -> None:
    staff = {"staff_id": "dr-lee", "display_name": "Lee", "role": "prescriber"}
    assert compose.ask("scheduling", "operator", "POST", "/staff", staff).is_success
    channels = {"channels": [{"channel": "console", "address": "desk"}]}
    assert compose.ask("notifications", "operator", "PUT", "/contacts/dr-lee", channels).is_success
    referral = {
        "identifier": {"system": "urn:test", "value": "1"},
        "family_name": "Doe",
        "birth_date": "1985-05-05",
        "gender": "male",
    }
    referred = compose.ask("intake", "front-desk", "POST", "/referrals", referral)
    assert referred.is_success, referred.text
    patient = referred.json()["patient_id"]

    compose("kill", "--signal", "KILL", "notifications")
    answers = {"answers": [0, 0, 0, 0, 0, 0, 0, 0, 2]}
    assert compose.ask("intake", "nurse", "POST", f"/patients/{patient}/phq-9", answers).is_success
    compose("up", "--detach", "--wait")

    def paged() -> bool:
        pages = compose.ask("notifications", "nurse", "GET", "/pages").json()
        return [page["title"] for page in pages] == ["a patient's answer needs a prescriber now"]

    deadline = time.monotonic() + 60
    while not paged():
        assert time.monotonic() < deadline, compose("logs", "--tail", "40", "intake", "notifications")
        time.sleep(0.2)


def test_a_container_is_nobody_and_cannot_write_to_itself(compose: Compose) -> None:
    for service in SERVICES:
        assert compose("exec", "-T", service, "id", "-u").strip() == "10001"
        said = compose("exec", "-T", service, "sh", "-c", "touch /srv/x 2>&1 || true")
        assert "Read-only file system" in said


def test_keys_outlive_a_token_and_stay_readable(compose: Compose) -> None:
    Keys(compose.folder).ensure()
    compose("restart", "intake")
    compose("up", "--detach", "--wait")
    assert compose.ask("intake", "nurse", "GET", "/patients/00000000-0000-0000-0000-000000000000").status_code == 404


def test_no_role_opens_another_database(compose: Compose) -> None:
    secret = "/run/secrets/password_intake"
    opened = "PGPASSWORD=$(cat %s) psql -h 127.0.0.1 -U intake -d %s -tAc 'SELECT 1' 2>&1 || true"
    assert compose("exec", "-T", "postgres", "sh", "-c", opened % (secret, "intake")).strip() == "1"
    assert "permission denied" in compose("exec", "-T", "postgres", "sh", "-c", opened % (secret, "monitoring"))
