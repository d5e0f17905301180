"""Recovery: scores, the re-screen with its signature, and a provider's order of how long to stay at least."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from kit.fields import Text, WholeNumber
from kit.http import Caller, Command, Fault, Refused, Routes, needs
from services.monitoring import store, tables
from services.monitoring.api.discharge import AFTER_INFUSION
from services.monitoring.api.sessions import held_session, seen_session
from services.monitoring.record import SUICIDE_RISK, Source, end_alarm, escalate
from services.monitoring.rules.discharge import latest_check
from services.monitoring.rules.phases import INFUSION, Phase
from services.monitoring.rules.recovery_tables import RiskLevel
from services.monitoring.rules.rescreen import ALARMING, PROVIDERS, Answers, Behaviour, lowers, triage
from services.monitoring.rules.scores import ScaleId, faults, suggest
from services.monitoring.store import Session, recovery
from services.monitoring.store.recovery import KeptScore
from services.monitoring.timers import expect_discharge

routes = Routes(tags=["recovery"])
SUICIDE_RISK_TITLE = "prescriber needed before discharge"
PROVIDER = "orders.sign"
"""What a provider may, and a nurse may not."""
ASKED: tuple[Phase, ...] = (*INFUSION, *AFTER_INFUSION, "LEFT")
"""When the re-screen may be asked: also of somebody reached by a call."""


class Score(BaseModel):
    """A scale's components as staff saw them: 2, 1 or 0 each."""

    model_config = ConfigDict(extra="forbid")

    scale: ScaleId
    components: dict[Annotated[str, Field(max_length=40)], Annotated[WholeNumber, Field(ge=0, le=2)]]


class ComponentShown(BaseModel):
    """A component: what was scored, and what the vital signs of the last check say, where they tell."""

    id: str
    score: int | None
    computed: int | None
    two: str
    one: str
    zero: str


class ScoreShown(BaseModel):
    """A score; without total, by and instant it is the form to fill in."""

    scale: ScaleId
    fit_from: int
    total: int | None = None
    fit: bool | None = None
    components: list[ComponentShown]
    scored_by: str | None = None
    scored_at: datetime | None = None


class ScreenerAnswers(BaseModel):
    """Answers to the C-SSRS screener since the last contact; null where one is missing or cannot be read."""

    model_config = ConfigDict(extra="forbid")

    q1: StrictBool | None
    q2: StrictBool | None
    q3: StrictBool | None
    q4: StrictBool | None
    q5: StrictBool | None
    q6: Behaviour | None
    """no, earlier (more than three months ago) or recent."""


class Rescreen(BaseModel):
    """Either the answers, or the level that a clinician found. Taking back a level that keeps the patient here needs a reason."""

    model_config = ConfigDict(extra="forbid")

    level: RiskLevel | None = None
    answers: ScreenerAnswers | None = None
    reason: Annotated[Text, Field(max_length=300)] = ""


class RescreenShown(BaseModel):
    """What the level means."""

    level: RiskLevel
    outcome: Literal["met", "signature", "never"]
    """Whether the patient may go: yes, once a provider signed, or not."""
    advice: str
    signed_by: str | None = None


class RecoveryOrder(BaseModel):
    """How many minutes the patient stays at least, and why."""

    model_config = ConfigDict(extra="forbid")

    minutes: WholeNumber
    reason: Annotated[Text, Field(min_length=3, max_length=300)]


@routes.post("/sessions/{session_id}/recovery-scores", dependencies=[needs("sessions.write")], status_code=201)
async def score_recovery(session_id: UUID, body: Score, tx: Command) -> ScoreShown:
    """Keep a recovery score; the total is ours. What the vital signs say is shown beside, and decides nothing."""
    session, table = await held_session(tx, session_id), tables.scores()
    if session.phase not in AFTER_INFUSION:
        raise Refused(409, "There is no recovery to score", f"the session is {session.phase}", todo="score after the infusion")
    wrong = faults(table, body.scale, body.components)
    if wrong:
        told = [Fault(field=f"body.components.{name}", expected=expected) for name, expected in wrong]
        raise Refused(422, "The components are not as they must be", "nothing was kept", faults=told)
    computed = suggest(table, body.scale, session.baseline, await _check(session, tx))
    await recovery.keep_score(tx, session_id, body.scale, body.components, computed, table.version)
    tx.audit("score recovery", f"session {session_id}")
    return _scored(KeptScore(body.scale, sum(body.components.values()), tx.now, tx.actor, body.components, computed))


@routes.get("/sessions/{session_id}/recovery-scores", dependencies=[needs("sessions.read")])
async def list_recovery_scores(session_id: UUID, tx: Command) -> list[ScoreShown]:
    """For each scale an empty form with what the vital signs say now, then the scores kept, oldest first."""
    session, table = await seen_session(tx, session_id), tables.scores()
    check = await _check(session, tx)
    forms = [_shown(scale.id, {}, suggest(table, scale.id, session.baseline, check)) for scale in table.scale]
    return forms + [_scored(score) for score in await recovery.scores(tx, session_id)]


@routes.post("/sessions/{session_id}/rescreen", dependencies=[needs("sessions.write")], status_code=201)
async def rescreen(session_id: UUID, body: Rescreen, tx: Command, caller: Caller) -> RescreenShown:
    """Record the re-screen. HIGH and HIGH-PENDING call the prescriber at once, and end when somebody clears them."""
    session, gate = await held_session(tx, session_id), tables.discharge_gate()
    if session.phase not in ASKED:
        raise Refused(409, "There is nobody to re-screen", f"the session is {session.phase}")
    level = _level(body)
    before = await recovery.rescreen(tx, session_id)
    if before is not None and lowers(before.level, level):
        if before.level in PROVIDERS and PROVIDER not in caller.permissions:
            raise Refused(403, "Not allowed", f"{before.level} may be taken back by a provider only", todo="ask the provider")
        if len(body.reason.strip()) < 3:
            raise Refused(422, "A reason is needed", field="body.reason", expected=f"why it is no longer {before.level}")
    answers = body.answers.model_dump() if body.answers else None
    await recovery.keep_rescreen(tx, session_id, level, answers, body.reason, gate.version)
    row = gate.level(level)
    if level in ALARMING:
        await escalate(tx, Source.of(session), SUICIDE_RISK, SUICIDE_RISK_TITLE, "high", advice=row.advice)
    else:
        await end_alarm(tx, Source.of(session), SUICIDE_RISK)
    if session.phase == "DISCHARGE_READY" and row.outcome != "met":
        session.phase = "RECOVERY"
        expect_discharge(tx, session)
        await store.note_move(tx, session, "judge discharge", "not ready since the re-screen")
        await store.keep(tx, [session])
    tx.audit("re-screen", f"session {session_id}")
    return RescreenShown(level=level, outcome=row.outcome, advice=row.advice)


@routes.post("/sessions/{session_id}/rescreen/signature", dependencies=[needs(PROVIDER)])
async def sign_rescreen(session_id: UUID, tx: Command) -> RescreenShown:
    """A provider has evaluated the patient, and signs that they may go home despite the level."""
    await held_session(tx, session_id)
    last = await recovery.rescreen(tx, session_id)
    if last is None:
        raise Refused(409, "There is nothing to sign", "no re-screen is recorded", todo="record it first")
    row = tables.discharge_gate().level(last.level)
    if row.outcome != "signature":
        raise Refused(409, "There is nothing to sign", f"a signature does not change {last.level}", todo=row.advice)
    await recovery.sign_rescreen(tx, session_id)
    tx.audit("sign re-screen", f"session {session_id}")
    return RescreenShown(level=last.level, outcome=row.outcome, advice=row.advice, signed_by=tx.actor)


@routes.put("/sessions/{session_id}/minimum-recovery", dependencies=[needs(PROVIDER)], status_code=204)
async def order_recovery(session_id: UUID, body: RecoveryOrder, tx: Command) -> None:
    """A provider orders how long this patient stays at least, in minutes after the infusion's end."""
    session, gate = await held_session(tx, session_id), tables.discharge_gate()
    if session.phase in ("DISCHARGED", "LEFT", "CANCELLED"):
        raise Refused(409, "The session is over", f"it is {session.phase}")
    least, most = gate.recovery.floor_minutes, int(gate.stay[-1].minutes)
    if not least <= body.minutes <= most:
        raise Refused(422, "Not that many minutes", field="body.minutes", expected=f"{least} to {most} minutes")
    if len(body.reason.strip()) < 3:
        raise Refused(422, "A reason is needed", field="body.reason", expected="why, in a few words")
    await recovery.order_recovery(tx, session_id, body.minutes, body.reason)
    tx.audit("order minimum recovery", f"session {session_id}", reason=body.reason)


async def _check(session: Session, tx: Command) -> dict[str, float]:
    rule = tables.discharge_gate().vitals
    return latest_check(rule, await store.readings(tx, session.session_id, session.ended_at or tx.now), tx.now)


def _level(body: Rescreen) -> RiskLevel:
    if (body.level is None) == (body.answers is None):
        raise Refused(422, "Level or answers?", field="body", expected="either level or answers")
    if body.level is not None:
        return body.level
    assert body.answers is not None
    level = triage(Answers(**body.answers.model_dump()))
    if level is None:
        missing = [name for name in ("q1", "q2", "q3") if getattr(body.answers, name) is None]
        told = [Fault(field=f"body.answers.{name}", expected="true or false") for name in missing]
        raise Refused(422, "The level cannot be told from these answers", "nothing was kept", faults=told)
    return level


def _scored(score: KeptScore) -> ScoreShown:
    shown = _shown(score.scale, score.components, score.computed)
    fit = score.total >= shown.fit_from
    return shown.model_copy(update={"total": score.total, "fit": fit, "scored_by": score.by, "scored_at": score.at})


def _shown(scale: ScaleId, given: dict[str, int], computed: dict[str, int]) -> ScoreShown:
    table = tables.scores()
    return ScoreShown(
        scale=scale,
        fit_from=next(row.fit for row in table.scale if row.id == scale),
        components=[
            ComponentShown(
                id=row.id, score=given.get(row.id), computed=computed.get(row.id), two=row.two, one=row.one, zero=row.zero
            )
            for row in table.components(scale)
        ],
    )
