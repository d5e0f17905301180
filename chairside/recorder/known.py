"""What was known at an instant: what had arrived by then, and nothing that came later."""

from datetime import datetime
from typing import Any

from chairside.recorder.record import Record, Row, instant, moment, seconds
from services.monitoring import tables
from services.monitoring.rules import absence, infusion
from services.monitoring.rules.comparison import Told, alarms
from services.monitoring.rules.conditions import Conditions
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.infusion import Change, Plan
from services.monitoring.rules.phases import INFUSION, MOVES, Move, Phase
from services.monitoring.rules.recorder import Arrival, replay, until
from services.monitoring.rules.units import MgPerMl, Milligrams, Minutes, Percent


def known(record: Record, engine: Engine, at: datetime) -> dict[str, Any]:
    """State, vital signs, what is due, alarms, advice and limits, as JSON values."""
    played = until(record.log, at.timestamp())
    watch, heard = replay(engine, played)
    told = alarms(heard)
    moves = [move for move in record.head["moves"] if instant(move["moved_at"]) <= at]
    phase = _phase(moves)
    return {
        "at": at.isoformat(),
        "phase": phase if at >= record.opened_at else None,
        "moved": moves[-1] if moves else None,
        "infusion": _infusion(record, at, phase, moves),
        "vitals": _vitals(record, at),
        "set_aside": _aside(record, at),
        "due": _due(engine, watch.conditions, at),
        "alarms": [
            *(_alarm(one, engine, played, watch.signals[one.cause].acked is not None) for one in told if one.ended is None),
            *(_other(row, at) for row in record.others(record.told(engine)) if _open(row, at)),
        ],
        "limits": {
            "version": _version(record, at) + ("+patient" if watch.conditions.overrides else ""),
            "patient": [row for row in record.head["patient_limits"] if _in_force(row, at)],
        },
    }


def _phase(moves: list[Row]) -> Phase:
    phase: Phase = "CHECKED_IN"
    for one in moves:
        move: Move | None = next((move for move in MOVES if move == one["move"]), None)
        if one["move"] == "judge discharge":
            phase = "DISCHARGE_READY" if one["reason"] == "ready" else "RECOVERY"
        elif move is not None:
            phase = MOVES[move].get(phase, phase)
    return phase


def _infusion(record: Record, at: datetime, phase: Phase, moves: list[Row]) -> Row | None:
    row = record.head["infusion"]
    changes = [
        Change(instant(one["at"]), Percent(one["percent"]), Milligrams(one["bolus"]))
        for one in (row["changes"] if row else ())
        if instant(one["at"]) <= at
    ]
    if not changes:
        return None
    plan = Plan(Milligrams(row["dose_mg"]), Minutes(row["duration_minutes"]), MgPerMl(row["concentration_mg_per_ml"]))
    runs = phase in INFUSION
    over = next((instant(move["moved_at"]) for move in moves if move["move"] in ("end", "stop", "transfer")), at)
    percent = changes[-1].percent if runs else Percent(0)
    return {
        "dose_mg": plan.dose,
        "duration_minutes": plan.duration,
        "percent": percent,
        "mg_per_minute": plan.rate * percent / infusion.FULL_RATE,
        "ml_per_hour": plan.pump_rate(percent),
        "given_mg": infusion.given(plan, changes, min(at, over)),
        "since": changes[-1].at.isoformat() if runs else over.isoformat(),
    }


def _seen(row: Row, at: datetime) -> bool:
    return instant(row["taken_at"] or row["received_at"]) <= at


def _vitals(record: Record, at: datetime) -> list[Row]:
    last: dict[str, tuple[datetime, float | None, Row]] = {}
    for row in record.readings:
        if _seen(row, at):
            for code, value in row["values"].items():
                last[code] = (instant(row["measured_at"]), value, row)
    names = {vital.code: vital for vital in tables.vitals().vital}
    order = {code: number for number, code in enumerate(names)}
    return [
        {
            "code": code,
            "name": names[code].name if code in names else code,
            "value": value,
            "unit": names[code].unit if code in names else "",
            "measured_at": measured.isoformat(),
            "age_seconds": (at - measured).total_seconds(),
            "device": row["device_id"],
            "late": row["late"],
        }
        for code, (measured, value, row) in sorted(last.items(), key=lambda pair: order.get(pair[0], len(order)))
    ]


def _aside(record: Record, at: datetime) -> list[Row]:
    """What was not judged, and why: the last of each code and device."""
    last: dict[tuple[str, str], Row] = {}
    for row in record.readings:
        if _seen(row, at):
            for code, why in row["set_aside"].items():
                last[row["device_id"], code] = {
                    "code": code,
                    "device": row["device_id"],
                    "why": why,
                    "measured_at": row["measured_at"],
                }
    return list(last.values())


def _due(engine: Engine, state: Conditions, at: datetime) -> list[Row]:
    """What comes next if nothing does: what will be told as missing, and when; the soonest first."""
    if state.stage is None:
        return []
    found = sorted(absence.deadlines(engine.limits, state))
    return [
        {"alarm": alarm, "title": engine.title(alarm), "priority": priority, "told_at": moment(due).isoformat(),
         "in_seconds": due - at.timestamp()}
        for due, alarm, priority in found
    ]  # fmt: skip


def _alarm(told: Told, engine: Engine, played: Any, answered: bool) -> Row:
    answers: list[Arrival] = [one for one in played if one.answer and one.answer.cause == told.cause and one.at >= told.raised]
    last = answers[-1] if answered and answers else None
    return {
        "cause": told.cause,
        "code": told.now.alarm,
        "title": engine.title(told.now.alarm),
        "priority": told.now.priority,
        "highest": told.highest.priority,
        "raised_at": moment(told.raised).isoformat(),
        "since": moment(told.now.at).isoformat(),
        "cleared_at": moment(told.cleared).isoformat() if told.cleared else None,
        "confirmed": told.confirmed,
        "late": told.late,
        "detail": told.detail,
        "advice": engine.advice(told.now.alarm, told.now.priority),
        "answered_by": last.answer.by if last and last.answer else None,
        "answered_at": moment(last.at).isoformat() if last else None,
    }


def _open(row: Row, at: datetime) -> bool:
    return instant(row["raised_at"]) <= at and (row["ended_at"] is None or instant(row["ended_at"]) > at)


def _other(row: Row, at: datetime) -> Row:
    """An alarm of something else than the engine: its priority is as it was last."""
    answers = [answer for answer in row["answers"] if instant(answer["answered_at"]) <= at]
    cleared = row["cleared_at"] if row["cleared_at"] and instant(row["cleared_at"]) <= at else None
    return {
        **{name: row[name] for name in ("cause", "code", "title", "priority", "highest", "raised_at", "confirmed", "late")},
        **{name: row[name] for name in ("detail", "advice")},
        "since": row["raised_at"],
        "cleared_at": cleared,
        "answered_by": answers[-1]["answered_by"] if answers else None,
        "answered_at": answers[-1]["answered_at"] if answers else None,
    }


def _in_force(row: Row, at: datetime) -> bool:
    ends = [instant(row[name]) for name in ("expires_at", "withdrawn_at") if row[name]]
    return instant(row["written_at"]) <= at and all(at < end for end in ends)


def _version(record: Record, at: datetime) -> str:
    noted = [
        one["body"]["limits"]
        for one in record.head["notes"]
        if "limits" in one["body"] and seconds(one["taken_at"]) <= at.timestamp()
    ]
    stored = [row["limits_version"] for row in record.head["alarms"] if instant(row["raised_at"]) <= at and row["limits_version"]]
    found: list[str] = noted or [version.removesuffix("+patient") for version in stored]
    return found[-1] if found else "not kept"
