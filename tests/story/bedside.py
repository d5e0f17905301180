"""What happens at a chair besides vital signs: an infusion pump, the discharge gate, an escort, the drug that is left."""

from datetime import datetime
from typing import Any

from tests.story.clinic import Clinic, ok

PUMP = {"rate": ("pump-rate", "mL/h"), "volume": ("pump-volume", "mL")}


async def pump(clinic: Clinic, **values: float) -> None:
    """Pump-1 says how fast it runs, and how much it gave."""
    measured = [{"code": PUMP[name][0], "value": value, "unit": PUMP[name][1]} for name, value in values.items()]
    now = clinic.stage.clock.now().isoformat()
    reading = {"measured_at": now, "method": "continuous", "measurements": measured, "simulated": True}
    await ok(clinic.monitoring.post("/devices/pump-1/vitals", json={"readings": [reading]}))
    await clinic.stage.settle()


async def pumping(clinic: Clinic, minutes: int, **values: float) -> None:
    """Minutes in which the patient is well, and the pump says the same each minute."""
    for _ in range(minutes):
        await clinic.quietly(1)
        await pump(clinic, **values)


async def look(clinic: Clinic, session: str, **scores: float) -> None:
    """A nurse looks, and enters what she sees; it counts as her round."""
    clinic.rounds[session] = clinic.stage.clock.now()
    await clinic.observe(session, **scores)


async def gate(clinic: Clinic, session: str) -> list[str]:
    """Judge whether the patient may go home. Returns what is missing."""
    judged = await ok(clinic.monitoring.post(f"/sessions/{session}/discharge-gate"))
    assert judged["ready"] == (not judged["missing"])
    return list(judged["missing"])


async def refused(clinic: Clinic, path: str) -> str:
    """Ask for what must not be. Returns why not."""
    answer = await clinic.monitoring.post(path)
    assert answer.status_code == 409, answer.text
    return str(answer.json()["detail"])


async def recovering(clinic: Clinic) -> str:
    """An infusion that ran, and ended early; an hour later everything speaks for going home. Returns the session."""
    session = await clinic.infusing()
    await clinic.quietly(2)
    await clinic.infusion(session, "end")
    await clinic.recover(session)
    return session


def seconds(clinic: Clinic, session: str) -> float:
    """Since the infusion began."""
    now: datetime = clinic.stage.clock.now()
    return (now - clinic.began[session]).total_seconds()


async def deny(clinic: Clinic, session: str, **why: str) -> None:
    """Staff state that facts are not so."""
    stated: list[dict[str, Any]] = [{"fact": fact, "met": False, "detail": detail} for fact, detail in why.items()]
    await ok(clinic.monitoring.post(f"/sessions/{session}/attestations", json={"attestations": stated}))
