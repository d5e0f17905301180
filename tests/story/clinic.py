"""The clinic of the stories: four services on one stage, staff on duty, and a patient in a chair."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kit.testing import Stage
from schemas.event import Event
from schemas.topic import Topic
from tests.drug import account_for_drug
from tests.story.pager import Pager
from tests.story.words import (
    CALM,
    HOME,
    ICD,
    INTAKE,
    ROUND,
    SCALES,
    STAFF,
    START,
    UNITS,
    WELL,
    Method,
    ok,
    reading_of,
)


@dataclass
class Clinic:
    """People do what people do, over HTTP; time passes by `minutes` and `seconds`."""

    stage: Stage
    pager: Pager
    began: dict[str, datetime] = field(default_factory=dict)
    """When the infusion of each session began."""
    monitors: dict[str, str] = field(default_factory=dict)
    """The monitor of each session that was started."""
    rounds: dict[str, datetime] = field(default_factory=dict)
    """When somebody last went round each."""

    def __post_init__(self) -> None:
        self.intake = self.stage.http("intake", actor="dr-lee", permissions=INTAKE)
        self.scheduling = self.stage.http(
            "scheduling", actor="desk", permissions=("staff.write", "appointments.read", "appointments.write")
        )
        self.monitoring = self.stage.http(
            "monitoring",
            actor="nurse-1",
            permissions=("sessions.read", "sessions.write", "devices.bind", "vitals.write", "alarms.acknowledge"),
        )
        self.second = self.stage.http("monitoring", actor="nurse-2", permissions=("sessions.read", "sessions.write"))
        self.provider = self.stage.http(
            "monitoring", actor="dr-lee", permissions=("sessions.read", "sessions.write", "orders.sign", "alarms.acknowledge")
        )
        self.notifications = self.stage.http(
            "notifications", actor="manager", permissions=("contacts.read", "contacts.write", "pages.read")
        )
        self.anybody = self.stage.http("notifications")

    async def opens(self) -> None:
        """Staff come on duty: nurse-1 has chairs 1 and 2; all carry pagers."""
        now = self.stage.clock.now()
        times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=10)).isoformat()}
        for staff_id, role in STAFF:
            await ok(self.scheduling.post("/staff", json={"staff_id": staff_id, "display_name": staff_id, "role": role}))
            await ok(self.scheduling.post("/shifts", json={"staff_id": staff_id} | times))
            channels = [{"channel": "webhook", "address": self.pager.address}, {"channel": "console", "address": staff_id}]
            await ok(self.notifications.put(f"/contacts/{staff_id}", json={"channels": channels}))
        for chair in (1, 2):
            await ok(self.scheduling.post("/chair-assignments", json={"staff_id": "nurse-1", "chair": chair} | times))
        await self.stage.settle()

    async def refer(self, number: int = 1) -> str:
        """A patient with a chart that speaks for treatment. Returns who."""
        at = self.stage.clock.now().isoformat()
        measured = (("8480-6", 122, "mm[Hg]"), ("8462-4", 78, "mm[Hg]"), ("29463-7", 82, "kg"), ("8302-2", 178, "cm"))
        referral = {
            "identifier": {"system": "urn:story", "value": str(number)},
            "family_name": "Doe",
            "birth_date": "1985-05-05",
            "gender": "male",
            "conditions": [{"system": ICD, "code": "F33.2"}],
            "observations": [{"code": code, "value": value, "unit": unit, "at": at} for code, value, unit in measured],
        }
        return str((await ok(self.intake.post("/referrals", json=referral)))["patient_id"])

    async def order(self, patient: str) -> None:
        """Consent, past treatments, screening, signature."""
        await ok(
            self.intake.post(
                f"/patients/{patient}/consents", json={"version": "ketamine-infusion-1", "signature": "signed on paper"}
            )
        )
        for drug in ("sertraline", "venlafaxine"):
            trial = {
                "drug": drug, "drug_class": "SSRI", "max_dose_mg": 150, "label_minimum_mg": 50, "weeks_at_adequate_dose": 8,
                "adherence": 0.9, "response_pct": 10, "stop_reason": "nonresponse", "source": "record",
            }  # fmt: skip
            await ok(self.intake.post(f"/patients/{patient}/medication-trials", json=trial))
        screened = await ok(self.intake.post(f"/patients/{patient}/screenings", json={}))
        assert screened["decision"] == "ELIGIBLE", screened
        await ok(self.intake.post(f"/screenings/{screened['screening_id']}/signature", json={}))
        await self.stage.settle()

    async def arrive(self, patient: str) -> str:
        """The patient comes to the first appointment. Returns the session."""
        listed = await ok(self.scheduling.get("/appointments", params={"patient_id": patient}))
        first = listed["appointments"][0]
        await ok(self.scheduling.post(f"/appointments/{first['appointment_id']}/arrival"))
        await self.stage.settle()
        sessions = await ok(self.monitoring.get("/sessions"))
        return str(next(s["session_id"] for s in sessions if s["patient_id"] == patient))

    async def start(self, *sessions: str) -> None:
        """Bind the monitors, take two readings, attest, pass the gate, start: together, where there are several."""
        for number, session in enumerate(sessions, 1):
            self.monitors[session] = f"monitor-{number}"
            await ok(self.monitoring.put(f"/devices/monitor-{number}/binding", json={"session_id": session}))
        for _ in range(2):
            await self.stage.advance(minutes=1)
            for session in sessions:
                await self.measure(session, sys=122, dia=78, hr=70, spo2=98, rr=14)
        for session in sessions:
            await self.attest(session, START)
            gate = await ok(self.monitoring.post(f"/sessions/{session}/gate"))
            assert gate["outcome"] == "GO", gate
            for somebody in (self.monitoring, self.second):
                await ok(somebody.post(f"/sessions/{session}/time-out"))
            await ok(self.monitoring.post(f"/sessions/{session}/infusion/start", json={}))
            self.began[session] = self.rounds[session] = self.stage.clock.now()
        await self.stage.settle()

    async def infusing(self) -> str:
        """All of it: a patient whose infusion runs. Returns the session."""
        patient = await self.refer()
        await self.order(patient)
        session = await self.arrive(patient)
        await self.start(session)
        return session

    async def two_infusing(self) -> tuple[str, str]:
        """Two patients of one nurse, whose infusions began at the same instant. Returns the sessions, by chair."""
        patients = [await self.refer(1), await self.refer(2)]
        for patient in patients:
            await self.order(patient)
        first, second = [await self.arrive(patient) for patient in patients]
        await self.start(first, second)
        return first, second

    async def attest(self, session: str, facts: Sequence[str]) -> None:
        """Staff state facts."""
        stated = {"attestations": [{"fact": fact, "met": True} for fact in facts]}
        await ok(self.monitoring.post(f"/sessions/{session}/attestations", json=stated))

    async def recover(self, session: str) -> None:
        """An hour of recovery, after which everything speaks for going home."""
        await self.observe(session, **CALM)
        for minutes in (45, 15):
            await self.quietly(minutes, every=15)
            for scale, components in SCALES.items():
                score = {"scale": scale, "components": dict.fromkeys(components, 2)}
                await ok(self.monitoring.post(f"/sessions/{session}/recovery-scores", json=score))
        await self.observe(session, oriented=1, **CALM)
        await ok(self.monitoring.post(f"/sessions/{session}/rescreen", json={"level": "NONE"}))
        await self.attest(session, HOME)
        await account_for_drug(self.stage, session)

    async def end(self, session: str) -> None:
        """The dose is in; an hour later the patient goes home."""
        await ok(self.monitoring.post(f"/sessions/{session}/infusion/end", json={}))
        await self.recover(session)
        judged = await ok(self.monitoring.post(f"/sessions/{session}/discharge-gate"))
        assert judged["ready"], judged
        await ok(self.monitoring.post(f"/sessions/{session}/discharge"))
        for known in (self.monitors, self.rounds):
            del known[session]

    async def measure(self, session: str = "", *, method: Method = "cuff", **values: float | None) -> None:
        """A session's monitor measures now; monitor-1, where no session is named."""
        await self.show(session, method=method, **values)
        await self.stage.settle()

    async def show(
        self, session: str = "", *, method: Method = "cuff", at: datetime | None = None, **values: float | None
    ) -> None:
        """A monitor sends what it measured, and nobody waits for what comes of it."""
        reading = reading_of(at or self.stage.clock.now(), method, values)
        await self.send(session, [reading])

    async def send(self, session: str, readings: Sequence[dict[str, Any]]) -> None:
        """A monitor sends readings together."""
        device = self.monitors[session] if session else "monitor-1"
        await ok(self.monitoring.post(f"/devices/{device}/vitals", json={"readings": list(readings)}))

    async def stream(self, seconds: int, every: int = 1, *, session: str = "", **values: float | None) -> None:
        """A monitor streams the same values for so many seconds: the first `every` seconds from now, the last at the end."""
        for _ in range(0, seconds, every):
            await self.stage.advance(seconds=every)
            await self.show(session, method="continuous", **values)
        await self.stage.settle()

    async def observe(self, session: str, **scores: float) -> None:
        """A nurse enters what she sees."""
        seen = [{"code": UNITS[name][0] if name in UNITS else name, "value": value} for name, value in scores.items()]
        await ok(self.monitoring.post(f"/sessions/{session}/observations", json={"observations": seen}))
        await self.stage.settle()

    async def quietly(self, minutes: int, every: int = 1, **values: float) -> None:
        """Minutes in which nothing happens: monitors show good readings, and a nurse goes round as the protocol asks."""
        for _ in range(0, minutes, every):
            await self.stage.advance(minutes=every)
            for session in self.monitors:
                await self.show(session, **WELL | values)
                if self.stage.clock.now() - self.rounds[session] >= ROUND:
                    self.rounds[session] = self.stage.clock.now()
                    await self.observe(session, **CALM)
        await self.stage.settle()

    async def alarm(self, session: str | None, code: str) -> dict[str, Any]:
        """The last alarm of a code: a session's, or of no session."""
        shown = await ok(self.monitoring.get("/alarms", params={"all": True}))
        return next(one for one in shown if (one["session_id"], one["code"]) == (session, code))

    async def acknowledge(self, session: str | None, code: str) -> None:
        """The nurse is at the bedside and says so."""
        alarm = await self.alarm(session, code)
        await ok(self.monitoring.post(f"/alarms/{alarm['alarm_id']}/acknowledgement", json={}))
        await self.stage.settle()

    async def resolve(self, session: str, code: str, resolution: str) -> None:
        """The nurse says what an alarm was."""
        alarm = await self.alarm(session, code)
        await ok(self.monitoring.post(f"/alarms/{alarm['alarm_id']}/resolution", json={"resolution": resolution}))
        await self.stage.settle()

    async def infusion(self, session: str, move: str, **body: Any) -> None:
        """The nurse slows, pauses, resumes, ends or stops it."""
        await ok(self.monitoring.post(f"/sessions/{session}/infusion/{move}", json=body))
        await self.stage.settle()

    async def events(self, topic: Topic, kind: type[Event]) -> list[Any]:
        """What was said of a kind, so far."""
        return [event for event in await self.stage.events(topic) if isinstance(event, kind)]
