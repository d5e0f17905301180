"""The start: its gate, judged on all that is known now whoever asks, and what was drawn up."""

from kit.db import Tx
from kit.http import Refused
from services.monitoring import store, tables
from services.monitoring.rules.gates import StartVerdict, judge_start
from services.monitoring.rules.infusion import PUMP_RATE, PUMP_VOLUME, TWO, Plan, order_facts
from services.monitoring.rules.units import within
from services.monitoring.store import Session, infusions, sessions

CANCELLED = "CANCEL TODAY"


async def judge(tx: Tx, session: Session) -> StartVerdict:
    """Judge the start gate of a session, as of now."""
    order = await store.order(tx, session.order_id)
    previous = await infusions.previous_dose(tx, session)
    checked = await infusions.countersigned(tx, session.session_id, "dose_check")
    said = await store.said_about(tx, session) | order_facts(tables.infusion(), order, previous, checked)
    return judge_start(
        tables.start_gate(),
        said,
        await store.attested(tx, session.session_id),
        await store.readings(tx, session.session_id, session.opened_at),
        tx.now,
        cancelled_at=await sessions.moved_for(tx, session.session_id, "hold", CANCELLED),
    )


async def ready(tx: Tx, session: Session) -> dict[str, float]:
    """The baseline of a session that may start now. Raises Refused with all that is missing."""
    verdict = await judge(tx, session)
    missing: list[str] = []
    todo: list[str] = []
    if verdict.outcome != "GO":
        missing += verdict.unmet
        todo.append("judge the gate again")
    if len(await infusions.countersigned(tx, session.session_id, "time_out")) < TWO:
        missing.append("time_out")
        todo.append("two people confirm the time-out")
    if todo:
        raise Refused(409, "The infusion may not start", f"not met: {', '.join(missing)}", todo="; ".join(todo))
    return dict(verdict.baseline)


def check_drawn_up(plan: Plan, set_ml_per_hour: float | None) -> None:
    """Whether what was drawn up can be given, and the pump is set as ordered. Raises Refused."""
    rule, most = tables.infusion(), {vital.code: vital.most for vital in tables.vitals().vital}
    undiluted = rule.concentration.undiluted_mg_per_ml
    if plan.concentration >= undiluted:
        expected = f"below {undiluted:g} mg/mL: dilute it"
        raise Refused(422, "Never undiluted", field="body.concentration_mg_per_ml", expected=expected)
    if plan.volume > most[PUMP_VOLUME] or plan.pump_rate() > most[PUMP_RATE]:
        expected = f"so many mg/mL that the dose fits {most[PUMP_VOLUME]:g} mL and runs at {most[PUMP_RATE]:g} mL/h at most"
        raise Refused(422, "Too thin", field="body.concentration_mg_per_ml", expected=expected)
    percent = rule.order.tolerance_percent
    if set_ml_per_hour is not None and not within(set_ml_per_hour, plan.pump_rate(), percent):
        expected = f"{plan.pump_rate():g} mL/h, give or take {percent:g} %: {plan.dose:g} mg in {plan.duration:g} minutes"
        raise Refused(422, "The pump is not set as ordered", field="body.rate_ml_per_hour", expected=expected)
