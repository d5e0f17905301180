"""Other limits: a file of them, and what they would have changed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from chairside.problem import Problem
from chairside.recorder.record import Record, Row, moment
from kit.tables import TableRefused, read_table
from services.monitoring import tables
from services.monitoring.rules.comparison import Difference, Told, alarms, compare
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.limits import ORDER, AlarmLimits
from services.monitoring.rules.recorder import rehearse

CHANGES = ("gained", "lost", "sooner", "later", "priority")


def engine_of(file: Path) -> Engine:
    """The alarm engine under a file of limits, checked as at a service's start. Raises Problem naming rows and fields."""
    try:
        return Engine(read_table(file, AlarmLimits), tables.news2())
    except (TableRefused, UnicodeDecodeError) as refused:
        why = str(refused) if isinstance(refused, TableRefused) else f"{file.name} is not UTF-8: {refused.reason}"
        raise Problem(why, todo=f"Mend it; {tables.DATA / 'alarm_limits.toml'} is one that is right.") from None


def differences(record: Record, before: Engine, after: Engine) -> list[Difference]:
    """What other limits change in a session: both rehearsed on its log, so that only the limits differ."""
    return compare(alarms(rehearse(before, record.log)), alarms(rehearse(after, record.log)))


def as_row(one: Difference) -> Row:
    """As JSON values."""
    return {
        "kind": one.kind,
        "cause": one.cause,
        "seconds_later": one.seconds,
        "before": _side(one.before),
        "after": _side(one.after),
    }


def _side(told: Told | None) -> Row | None:
    if told is None:
        return None
    return {
        "code": told.highest.alarm,
        "raised_at": moment(told.raised).isoformat(),
        "highest": told.highest.priority,
        "highest_at": moment(told.highest.at).isoformat(),
        "ended_at": moment(told.ended).isoformat() if told.ended is not None else None,
    }


def changed(found: Iterable[Difference]) -> list[Difference]:
    """What differs."""
    return [one for one in found if one.kind in CHANGES]


def summary(found: Sequence[Difference]) -> dict[str, Any]:
    """What differs, by cause, and how many alarms of each priority there are under each limits."""
    counts: dict[str, Counter[str]] = {}
    for one in found:
        counts.setdefault(one.cause, Counter())[one.kind] += 1
    sides = {
        "before": Counter(one.before.highest.priority for one in found if one.before),
        "after": Counter(one.after.highest.priority for one in found if one.after),
    }
    return {
        "causes": {cause: {kind: counts[cause][kind] for kind in ("same", *CHANGES)} for cause in sorted(counts)},
        "alarms": {side: {priority: count[priority] for priority in reversed(ORDER)} for side, count in sides.items()},
        **{kind: sum(count[kind] for count in counts.values()) for kind in CHANGES},
    }
