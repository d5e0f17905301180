"""Observations: what a member of staff measured, scored or saw, and enters."""

from typing import Annotated
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from kit.fields import Instant, Number
from kit.http import Command, Fault, Publish, Refused, Routes, needs
from schemas.monitoring.vitals import Measurement, VitalsMeasured
from services.monitoring import store, tables
from services.monitoring.api.devices import NAMES
from services.monitoring.rules.phases import OVER

routes = Routes(tags=["observations"])


class Observed(BaseModel):
    """One value: LOINC code, or a word such as moaas or chest-pain (1 seen, 0 cleared). The unit may be left out."""

    model_config = ConfigDict(extra="forbid")

    code: str
    value: Annotated[Number, Field(ge=-100, le=10_000)]
    unit: str | None = None


class Observations(BaseModel):
    """What was observed at one instant; now, where none is given."""

    model_config = ConfigDict(extra="forbid")

    observed_at: Instant | None = None
    observations: Annotated[list[Observed], Field(min_length=1, max_length=20)]
    simulated: StrictBool = False
    """Nobody saw it: it comes from a simulator, and says so wherever it is shown."""


class Taken(BaseModel):
    """How many observations every replica of the broker has now."""

    accepted: int


@routes.post("/sessions/{session_id}/observations", dependencies=[needs("vitals.write")], status_code=202)
async def observe(session_id: UUID, body: Observations, tx: Command, publish: Publish) -> Taken:
    """Enter what was observed: 202 once every replica of the broker has it, all or none. It is judged like any reading."""
    session = await store.see(tx, session_id)
    if session is None:
        raise Refused(404, "No such session", f"monitoring knows no session {session_id}")
    if session.phase in OVER:
        raise Refused(409, "The session is over", f"it is {session.phase}")
    at = body.observed_at or tx.now
    if at > tx.now:
        raise Refused(422, "Not observed yet", field="body.observed_at", expected=f"an instant up to {tx.now.isoformat()}")
    measurements = _checked(body.observations)
    event = VitalsMeasured(
        device_id=f"hand-{session_id}",
        session_id=session_id,
        chair=session.chair,
        measured_at=at,
        received_at=tx.now,
        measurements=measurements,
        method="manual",
        simulated=body.simulated,
        by=tx.actor,
    )
    codes = ",".join(sorted(m.code for m in measurements))
    await publish((event, uuid5(NAMES, f"{event.device_id} {codes} {at.timestamp()}")))
    return Taken(accepted=len(measurements))


def _checked(observed: list[Observed]) -> tuple[Measurement, ...]:
    rule = tables.plausible()
    faults: list[Fault] = []
    found: list[Measurement] = []
    for place, one in enumerate(observed):
        where = f"body.observations.{place}"
        vital = rule.vital.get(one.code)
        if vital is None:
            faults.append(Fault(field=f"{where}.code", expected=f"one of: {', '.join(sorted(rule.vital))}"))
        elif one.unit not in (None, vital.unit):
            faults.append(Fault(field=f"{where}.unit", expected=f"{vital.unit} (UCUM), or nothing"))
        elif not vital.least <= one.value <= vital.most:
            faults.append(Fault(field=f"{where}.value", expected=f"{vital.least:g} to {vital.most:g} {vital.unit}"))
        elif any(other.code == one.code for other in found):
            faults.append(Fault(field=f"{where}.code", expected="each code once"))
        else:
            found.append(Measurement(code=one.code, value=one.value, unit=vital.unit))
    if not faults:
        _, aside = rule.sort([(m.code, m.value, m.unit) for m in found])
        faults += [Fault(field="body.observations", expected=f"{code}: {text}") for code, text in aside.items()]
    if faults:
        raise Refused(422, "An observation is not as it must be", "nothing was taken", faults=faults)
    return tuple(found)
