"""`chairside demo --once`: a simulated morning with scripted troubles ends by itself, without a terminal, and tells the day."""

import json
import subprocess
from pathlib import Path

from schemas.catalogue import topics
from tests.integration.chairside.conftest import RATE, chairside


def test_a_morning_goes_from_arrival_to_the_ride_home(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *chairside("demo", "--once", "--json", "--patients", "3", "--script", "S5,S3,S1", "--rate", RATE),
            *("--data", str(tmp_path / "demo")),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.stdout, done.stderr
    day = json.loads(done.stdout)
    assert (done.returncode, day["faults"]) == (0, []), done.stderr[-3000:]
    assert (day["patients_treated"], day["sessions"], day["lost"], day["unreadable"]) == (3, 3, 0, 0)
    assert day["simulated"] is True
    assert set(day["events"]) <= set(topics())
    assert {"referrals", "sessions", "vitals", "alarms", "pages"} <= set(day["events"])
    assert day["alarms"]["emergency"] >= 1, "S5"
    assert day["alarms"]["medium"] >= 1, "S3"
    urgent = [page for page in day["pages"] if page["priority"] == "emergency"]
    assert urgent
    assert len(urgent[0]["told"]) > 1, "nobody answered at first, so it went up the ladder"
    answered = [page for page in day["pages"] if page["answered_by"]]
    assert answered
    assert all(page["waited_seconds"] > 0 for page in answered)
    assert any(page["about"].startswith("safety") or "safety" in page["about"] for page in day["pages"]), "PHQ-9, ninth item"
    assert not any("bound to no session" in page["about"] for page in day["pages"]), "monitors come off before patients leave"
    assert day["events"]["drug_ledger"] == 3 * 5, "each dose was received, drawn, given, wasted and reconciled"
    assert "SIMULATED" in done.stderr
