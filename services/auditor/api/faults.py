"""Faults: what is wrong, and who takes care of it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kit.http import Command, Refused, Routes, needs
from schemas.auditor.audits import AuditFaultAcknowledged, FaultKind
from schemas.monitoring.alarms import Priority
from services.auditor.record import mend
from services.auditor.rules.words import WHAT
from services.auditor.store import faults
from services.auditor.store.faults import Fault

routes = Routes(tags=["faults"])


class FaultShown(BaseModel):
    """A fault as it stands."""

    model_config = ConfigDict(from_attributes=True)

    fault_id: UUID
    kind: FaultKind
    what: str
    alarm_id: UUID | None
    page_id: UUID | None
    session_id: UUID | None
    device_id: str | None
    chair: int | None
    title: str
    priority: Priority
    due_at: datetime
    found_at: datetime
    mended_at: datetime | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    said_outside: int
    not_said: str | None


class FaultAcknowledgement(BaseModel):
    """Somebody takes care of it; it is open until it is mended, and said outside no more."""

    model_config = ConfigDict(extra="forbid")


def shown(fault: Fault) -> FaultShown:
    """A fault, to be shown."""
    return FaultShown.model_validate({**vars(fault), "what": WHAT[fault.kind]})


@routes.get("/faults", dependencies=[needs("audits.read")])
async def list_faults(tx: Command, all: bool = False) -> list[FaultShown]:
    """What is wrong, newest first; what was, too, when asked."""
    return [shown(fault) for fault in await faults.see_all(tx, everything=all)]


@routes.post("/faults/{fault_id}/acknowledgement", dependencies=[needs("audits.acknowledge")])
async def acknowledge_fault(fault_id: UUID, body: FaultAcknowledgement, tx: Command) -> FaultShown:
    """Take care of a fault. One that nothing said can mend, a fact that cannot be read, is over by it."""
    fault = await faults.hold(tx, fault_id)
    if fault is None:
        raise Refused(404, "No such fault", f"the auditor knows no fault {fault_id}", todo="See GET /faults?all=true.")
    if not fault.open:
        raise Refused(409, "It is right again", "nobody needs to take care of it", todo="See GET /faults for what is open.")
    if fault.acknowledged_at is not None:
        raise Refused(409, "Somebody takes care of it", f"{fault.acknowledged_by}, since {fault.acknowledged_at.isoformat()}")
    await faults.acknowledge(tx, fault, tx.actor, tx.now)
    tx.emit(AuditFaultAcknowledged(**fault.about(), clinic=tx.settings.prefix, by=tx.actor, acknowledged_at=tx.now))
    tx.audit("acknowledge", f"fault {fault_id}")
    if fault.kind == "unreadable":
        await mend(tx, fault, tx.now)
    after = await faults.hold(tx, fault_id)
    assert after is not None
    return shown(after)
