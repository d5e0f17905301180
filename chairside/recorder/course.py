"""What happened in a session, in order: moves, alarms as they were told, answers."""

from collections.abc import Iterable
from datetime import datetime

from rich.markup import escape

from chairside.recorder.record import Record, instant, moment
from chairside.recorder.saying import priority
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.recorder import Heard

Line = tuple[datetime, str]


def lines(record: Record, engine: Engine, heard: Iterable[Heard]) -> list[Line]:
    """Every line, with the instant it became known."""
    heard = list(heard)
    raised = {(one.fact.cause, one.at) for one in heard if one.fact.what == "raised"}
    found: list[Line] = [(moment(one.at), line) for one in heard if (line := _told(one, engine))]
    for move in record.head["moves"]:
        reason = f": {escape(move['reason'])}" if move["reason"] else ""
        found.append((instant(move["moved_at"]), f"{move['move']} by {move['actor']}{reason}"))
    for alarm in record.head["alarms"]:
        for answer in alarm["answers"]:
            line = f"{alarm['title']} answered by {answer['answered_by']} ({answer['via']}) at {answer['priority']}"
            found.append((instant(answer["answered_at"]), line))
        if (alarm["cause"], instant(alarm["raised_at"]).timestamp()) not in raised:
            found.append((instant(alarm["raised_at"]), f"{priority(alarm['highest'])} {alarm['title']} ({alarm['code']})"))
            if alarm["ended_at"]:
                found.append((instant(alarm["ended_at"]), f"{alarm['code']} is over"))
        if alarm["resolved_at"]:
            found.append(
                (instant(alarm["resolved_at"]), f"{alarm['code']} was {alarm['resolution']}, says {alarm['resolved_by']}")
            )
    return sorted(found, key=_when)


def _told(one: Heard, engine: Engine) -> str | None:
    fact = one.fact
    if fact.what == "raised":
        how = ("" if fact.confirmed else ", unconfirmed") + (", found late" if fact.late else "")
        return f"{priority(fact.priority)} {engine.title(fact.alarm)} ({fact.alarm}{how})"
    if fact.what == "priority":
        return f"{priority(fact.priority)} {engine.title(fact.alarm)} ({fact.alarm}), was {fact.previous}"
    if fact.what == "ended":
        return f"{fact.cause} is over" + (" (probably an artefact)" if fact.artefact else "")
    return (
        f"[dim]{fact.cause}: its condition {'is over, it waits for an answer' if fact.what == 'cleared' else 'stands again'}[/]"
    )


def _when(line: Line) -> datetime:
    return line[0]
