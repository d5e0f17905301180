"""The alarm load of many ordinary sessions of one preset: what a nurse would hear, per session-hour."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any, get_args

import numpy as np

from benchmarks.chair import Chair
from benchmarks.crossings import Crossings, Share, Z, crossings
from benchmarks.samples import INFUSION, undisturbed
from benchmarks.tape import Tape
from chairside.simulator.body import Body, Course, drawn, reading
from chairside.simulator.mind import drawn_mind
from chairside.simulator.presets import Preset, Presets
from schemas.monitoring.alarms import Priority
from services.monitoring import tables
from services.monitoring.rules.limits import RANK

PRIORITIES: tuple[Priority, ...] = get_args(Priority)
PAGED = tuple(priority for priority in PRIORITIES if RANK[priority] >= RANK["medium"])
FLOOD, FLOOD_SECONDS = 10, 600.0
CHATTER, CHATTER_SECONDS = 3, 60.0
"""Clinical 4.9: a flood is more than 10 alarms in 10 minutes; chattering is 3 or more of a cause in one."""
CHAIRS = 2
"""Sessions a nurse has at a time at most: clinical 4.5."""


@dataclass
class Load:
    """What the sessions of a preset came to."""

    preset: str
    drawn: int = 0
    held: int = 0
    """Sessions that the start gate would not let begin."""
    tapes: list[Tape] = field(default_factory=list)
    moves: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    """Sessions in which the clinic's own cuff readings crossed a limit, over the baseline the engine has."""
    crossed: Crossings | None = None

    def per_hour(self, count: Callable[[Tape], float]) -> tuple[float, float]:
        """A rate per session-hour, and its standard error: sessions are the independent ones, not alarms."""
        hours = np.array([tape.hours for tape in self.tapes])
        counts = np.array([count(tape) for tape in self.tapes])
        if not hours.sum():
            return 0.0, 0.0
        rate = counts.sum() / hours.sum()
        return float(rate), float(np.sqrt(((counts - rate * hours) ** 2).sum()) / hours.sum())

    def figures(self) -> dict[str, Any]:
        """All figures, as JSON values."""
        assert self.crossed is not None
        pages = [page for tape in self.tapes for page in tape.pages]
        alarms = [alarm for tape in self.tapes for alarm in tape.alarms]
        rate, error = self.per_hour(lambda tape: sum(page.to_nurse for page in tape.pages))
        told, untold = (sum(t.episodes[p, flag] for t in self.tapes for p in PAGED) for flag in (True, False))
        total = len(self.tapes)
        floods, most = flooded(self.tapes)
        return {
            "sessions": self.drawn,
            "held_at_the_gate": self.held,
            "session_hours": round(sum(tape.hours for tape in self.tapes), 1),
            **{name: round(share.percent, 2) for name, share in self.crossed.shares.items()},
            "ci95": {name: [round(share.low, 2), round(share.high, 2)] for name, share in self.crossed.shares.items()},
            **{name: round(rise, 2) for name, (rise, _) in self.crossed.rises.items()},
            "seen_by_the_cuff": {name: round(100 * count / max(1, total), 2) for name, count in sorted(self.seen.items())},
            "pages_per_session_hour": round(rate, 3),
            "pages_ci95": [round(rate - Z * error, 3), round(rate + Z * error, 3)],
            "alarms_per_session_hour": {p: round(self.per_hour(_of_priority(p))[0], 3) for p in PRIORITIES},
            "further_steps_per_session_hour": round(self.per_hour(lambda tape: tape.further)[0], 4),
            "technical_pct_of_pages": round(100 * sum(technical(page.alarm) for page in pages) / max(1, len(pages)), 1),
            "technical_pct_of_alarms": round(100 * sum(technical(one.alarm) for one in alarms) / max(1, len(alarms)), 1),
            "missed_round_pages_per_session_hour": round(
                self.per_hour(lambda tape: sum(page.alarm.startswith("MISSED") for page in tape.pages))[0], 4
            ),
            "suppressed_by_delay": round(untold / max(1, told + untold), 3),
            "sessions_with_a_page_pct": round(Share.of(sum(bool(t.pages) for t in self.tapes), total).percent, 2),
            "advisory_only_pct": round(100 * sum(bool(t.alarms) and not t.pages for t in self.tapes) / max(1, total), 2),
            "silent_pct": round(100 * sum(not t.alarms for t in self.tapes) / max(1, total), 2),
            "floods": floods,
            "most_alarms_in_10_min": most,
            "chatter": sum(chattering(tape) for tape in self.tapes),
            "pages_by_alarm": dict(Counter(f"{page.alarm} {page.priority}" for page in pages).most_common()),
            "advisories_by_alarm": dict(Counter(one.alarm for one in alarms if one.highest == "low").most_common()),
            "moves": dict(self.moves.most_common()),
        }


def _of_priority(priority: Priority) -> Callable[[Tape], float]:
    return lambda tape: sum(alarm.highest == priority for alarm in tape.alarms)


def technical(alarm: str) -> bool:
    """Is an alarm about the watching and not about the patient, as the service calls it."""
    row = tables.engine().alarm.get(alarm)
    return row is None or row.kind == "technical"


def flooded(tapes: Sequence[Tape]) -> tuple[int, int]:
    """Of nurses with two sessions that begin together: how many had a flood, and the most alarms in any 10 minutes."""
    counts = [
        most_within(sorted(alarm.at for tape in tapes[first : first + CHAIRS] for alarm in tape.alarms), FLOOD_SECONDS)
        for first in range(0, len(tapes), CHAIRS)
    ]
    return sum(count > FLOOD for count in counts), max(counts, default=0)


def chattering(tape: Tape) -> int:
    """Causes that came three times or more in a minute."""
    by_cause: dict[str, list[float]] = {}
    for alarm in tape.alarms:
        by_cause.setdefault(alarm.cause, []).append(alarm.at)
    return sum(most_within(times, CHATTER_SECONDS) >= CHATTER for times in by_cause.values())


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most instants (in order) in any such window."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def seated(body: Body, table: Presets, random: Random) -> tuple[float, float] | None:
    """The mean of two seated pressures; None where the start gate would not let the infusion begin (clinical 4.2).

    Between its two marks the provider decides, and here decides to start.
    """
    rest, rules = Course(table.shape, INFUSION), tables.start_gate()
    pressures = [[reading(body, rest, vital, random) or 0.0 for vital in ("systolic", "diastolic")] for _ in range(2)]
    systolic, diastolic = (sum(values) / 2 for values in zip(*pressures, strict=True))
    rate, oxygen, breaths = (reading(body, rest, vital, random) or 0.0 for vital in ("heart_rate", "spo2", "respirations"))
    limit, least = rules.pressure, rules.vitals
    if systolic >= limit.hold_systolic or diastolic >= limit.hold_diastolic or systolic < least.least_systolic:
        return None
    if not least.least_heart_rate <= rate <= least.most_heart_rate or oxygen < least.least_saturation:
        return None
    return (systolic, diastolic) if least.least_breaths <= breaths <= least.most_breaths else None


def load(preset: Preset, table: Presets, sessions: int, seed: int, went_on: Callable[[], None] = lambda: None) -> Load:
    """Simulate sessions of a preset. The same seed gives the same sessions, however many are asked for."""
    found, levels = Load(preset.id), undisturbed(table)
    people: list[Body] = []
    for number in range(sessions):
        random = Random(f"{seed} {preset.id} {number}")
        body = drawn(preset, table, random)
        people.append(body)
        found.drawn += 1
        baseline = seated(body, table, random)
        if baseline is None:
            found.held += 1
            continue
        numbers = np.random.default_rng([seed, number, *preset.id.encode()])
        chair = Chair(body, drawn_mind(table, random), baseline, table, random, numbers)
        found.tapes.append(chair.run(levels))
        found.moves.update(set(chair.moves))
        found.seen.update(seen(chair))
        went_on()
    rows = [[body.base["systolic"], body.base["diastolic"], body.rise["systolic"], body.rise["diastolic"]] for body in people]
    found.crossed = crossings(np.array(rows).T, table, np.random.default_rng([seed, *preset.id.encode()]))
    return found


def seen(chair: Chair) -> list[str]:
    """Which limits the session's own cuff readings crossed, repeats and recovery included."""
    high, low = max(cuff.systolic for cuff in chair.cuffs), max(cuff.diastolic for cuff in chair.cuffs)
    confirmed = any(one.systolic >= 165 and two.systolic >= 165 for one, two in pairwise(chair.cuffs))
    found = {
        "over_20pct": high >= 1.2 * chair.baseline[0],
        "over_30pct": high >= 1.3 * chair.baseline[0],
        "over_165_100": high >= 165 or low >= 100,
        "over_180_110": high >= 180 or low >= 110,
        "systolic_165_twice_in_a_row": confirmed,
    }
    return [name for name, crossed in found.items() if crossed]
