"""One ordinary session at a chair, simulated from the start of the infusion until the patient may go, under the alarm engine.

The body is the simulator's (clinical 7.3, 7.4), cuff and bedside are the simulator's habits (clinical 4.1, 4.4), and discharge is
the service's own gate. Times are seconds since the start of the infusion; the engine is given them from EPOCH on.
"""

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any

import numpy as np

from benchmarks import samples
from benchmarks.crossings import Numbers
from benchmarks.samples import INFUSION, LONGEST, STEP, STREAMED
from benchmarks.tape import EPOCH, Tape
from chairside.simulator.bedside import EASED, PRESSURES
from chairside.simulator.body import Body, Course, reading
from chairside.simulator.habits import GENTLE_FIRST, CuffReading, Move, habits, next_cuff, quiet
from chairside.simulator.mind import AWAKE, Mind, moaas, observed
from chairside.simulator.presets import Presets
from chairside.simulator.signs import CODES
from schemas.monitoring.alarms import Priority
from services.monitoring import tables
from services.monitoring.rules.discharge import Known, judge_discharge
from services.monitoring.rules.gates import Reading as Seen
from services.monitoring.rules.inputs import Reading, Setting
from services.monitoring.rules.limits import RANK

LATE = 60.0
"""Mean of the seconds by which each of a nurse's rounds is late, by its plan; exponential, chosen here (D): the reference gives
none. Missed observations depend on it."""
ACTS, LOOK = 1.0, 30.0
"""Seconds until a nurse acts on what she reads or answers, and between her looks while the infusion is slowed or paused."""
STAYS = ("recovery_time", "vital_signs", "alarms_answered")
"""What of the discharge gate the simulation knows; the rest is attested."""


def _every(interval: str) -> dict[str, float]:
    """Seconds between two observations by stage: the service's own intervals (clinical 4.1)."""
    row = next(row for row in tables.alarm_limits().interval if row.id == interval)
    return {"infusion": row.infusion_minutes * 60, "recovery": (row.recovery_minutes or row.infusion_minutes) * 60}


ROUND, ASKED = _every("MISSED-MOAAS"), _every("MISSED-NRS")
"""Rounds (MOAA/S, DISS-OBS), and questions for pain and nausea."""
GRACE = tables.alarm_limits().missed.low_after_minutes * 60


@dataclass
class Chair:
    """A session as it goes."""

    body: Body
    mind: Mind
    baseline: tuple[float, float]
    table: Presets
    random: Random
    numbers: np.random.Generator
    tape: Tape = field(default_factory=Tape)
    cuffs: list[CuffReading] = field(default_factory=list)
    moves: list[str] = field(default_factory=list)
    ended: float | None = None
    left: float | None = None
    """When the patient could go."""
    _events: list[tuple[float, int, str, Any]] = field(default_factory=list)
    _order: Any = field(default_factory=count)
    _seen: list[Seen] = field(default_factory=list)
    _awake: bool = False
    _asked: float = 0.0
    _planned: float = ROUND["infusion"]
    _percent: float = 100.0
    _infused: float = 0.0
    _since: float = 0.0
    _slowed: float | None = None
    _paused: list[float] = field(default_factory=list)
    _for_pressure: bool = False
    _held_back: bool = False
    _eased: float | None = None

    def run(self, levels: Numbers) -> Tape:
        """Play it. `levels` is the effect at every STEP of an undisturbed infusion."""
        self._grid = np.arange(0, LONGEST, STEP)
        self._levels = levels
        self._times = samples.times_of(self.body, self.random.uniform(1, STEP))
        self._stream()
        codes = {CODES["systolic"][0]: self.baseline[0], CODES["diastolic"][0]: self.baseline[1]}
        self._codes = codes
        self.tape.give([Setting(EPOCH, "infusion", codes)], EPOCH)
        self._at("cuff", self._cuff_due())
        self._at("round", self._planned + self._late())
        self._at("end", INFUSION * 60)
        place = 0
        while self.left is None:
            sample = self._times[place] if not self._awake else LONGEST
            event, due = self._events[0][0], self.tape.watch.next_due()
            if due < EPOCH + min(sample, event):
                self._hear(self.tape.give([], due, until=due), due - EPOCH)
            elif sample < event:
                at = float(sample)
                self._hear(self.tape.give([Reading(EPOCH + at, "monitor", self._values(place))], EPOCH + at), at)
                place += 1
            else:
                at, _, what, about = heapq.heappop(self._events)
                getattr(self, f"_{what}")(at, about)
        self.tape.close(EPOCH + self.left)
        return self.tape

    def _at(self, what: str, when: float, about: Any = None) -> None:
        heapq.heappush(self._events, (when, next(self._order), what, about))

    def _late(self) -> float:
        return self.random.expovariate(1 / LATE)

    def _level(self, at: float) -> float:
        return float(np.interp(at, self._grid, self._levels))

    def _stream(self) -> None:
        self._samples = samples.sampled(self.body, self._times, np.interp(self._times, self._grid, self._levels), self.numbers)

    def _values(self, place: int) -> dict[str, float]:
        return {CODES[name][0]: float(self._samples[name][place]) for name in STREAMED}

    # --- what is measured ---

    def _cuff_due(self) -> float:
        ended = self.ended / 60 if self.ended is not None else None
        return 60 * next_cuff(habits(), self.cuffs, self.baseline, 0.0, ended)

    def _cuff(self, at: float, _: Any) -> None:
        if at < self._cuff_due():  # another one was taken since, or the infusion ended
            self._at("cuff", self._cuff_due())
            return
        course = Course(self.table.shape, INFUSION, at / 60, self._level(at))
        systolic = reading(self.body, course, "systolic", self.random) or 0.0
        diastolic = min(reading(self.body, course, "diastolic", self.random) or 0.0, systolic - 10)
        self.cuffs.append(CuffReading(at / 60, systolic, diastolic))
        values = {
            CODES["diastolic"][0]: diastolic,
            CODES["mean"][0]: float(round(diastolic + (systolic - diastolic) / 3)),
            CODES["systolic"][0]: systolic,
        }
        spot = {CODES[n][0]: reading(self.body, course, n, self.random) or 0.0 for n in STREAMED}
        if self._awake:
            values = dict(sorted((values | spot).items()))
        self._seen.append(Seen(datetime.fromtimestamp(EPOCH + at, UTC), values | spot))
        self._hear(self.tape.give([Reading(EPOCH + at, "monitor", values)], EPOCH + at), at)
        self._at("cuff", self._cuff_due())
        self._at("act", at + ACTS)

    def _round(self, at: float, _: Any) -> None:
        stage = "infusion" if self.ended is None else "recovery"
        level = self._level(at)
        score = moaas(self.mind, self.table.sedation, level)
        values = {"diss-obs": float(observed(self.mind, self.table.dissociation, level)), "moaas": float(score)}
        if self._asked + ASKED[stage] + GRACE < at + ROUND[stage]:  # else the next round is early enough
            values["nausea"] = 0.0
            self._asked = at
        self._hear(self.tape.give([Reading(EPOCH + at, "nurse", values, by_hand=True)], EPOCH + at), at)
        self._awake = self._awake or (self.ended is not None and score >= AWAKE)
        self._planned += ROUND[stage]
        self._at("round", max(at + 1, self._planned + self._late()))

    # --- what people do about it ---

    def _hear(self, pages: list[tuple[str, Priority]], at: float) -> None:
        for cause, priority in pages:
            after = habits().answers_after(priority, self.random, surely=True) or 0.0
            self._at("answer", at + after, cause)

    def _answer(self, at: float, cause: str) -> None:
        self._hear(self.tape.answer(cause, EPOCH + at), at)
        if (lapses := self.tape.lapses(cause)) is not None:
            self._at("lapse", at + lapses, (cause, at))
        self._at("act", at + ACTS)

    def _lapse(self, at: float, answered: tuple[str, float]) -> None:
        cause, given = answered
        self._hear(self.tape.lapse(cause, EPOCH + given, EPOCH + at), at)

    def _look(self, at: float, _: Any) -> None:
        self._act(at, None)
        if self.ended is None and self._percent < 100:
            self._at("look", at + LOOK)

    def _act(self, at: float, _: Any) -> None:
        """As the simulator's nurse acts (chairside/simulator/bedside.py), without the clinic around her."""
        if self.ended is not None:
            return
        rule, known = habits().slowing, self.tape.known()
        wanted = habits().move_for(known)
        now: Move | None = "pause" if self._percent == 0 else ("slow" if self._percent < 100 else None)
        if wanted and (now is None or GENTLE_FIRST.index(wanted) > GENTLE_FIRST.index(now)):
            self._for_pressure = any(code in PRESSURES for code, _ in known)
            self._move(wanted, at, {"slow": rule.percent, "pause": 0, "stop": 0}[wanted])
        elif self._percent == 0:
            self._after_pause(wanted, at)
        elif self._slowed is not None and not self._held_back and not wanted and self._quiet(self._slowed, rule.quiet_readings):
            self._slowed = None
            self._move("resume", at, 100)

    def _after_pause(self, wanted: Move | None, at: float) -> None:
        rule, begun = habits().slowing, self._paused[-1]
        if at - begun > rule.longest_pause_minutes * 60 or len(self._paused) > rule.most_pauses:
            self._move("stop", at, 0)
            return
        self._eased = None if wanted else (self._eased or at)
        if self._for_pressure and self._quiet(begun, 2):
            self._held_back = True
            self._move("resume", at, rule.percent)
        elif not self._for_pressure and self._eased is not None and at - self._eased >= EASED.total_seconds():
            self._move("resume", at, 100)

    def _quiet(self, since: float, readings: int) -> bool:
        return quiet(habits(), self.cuffs, since / 60, readings)

    def _move(self, move: str, at: float, percent: float) -> None:
        self.moves.append(move)
        self._infused += (at - self._since) * self._percent / 100
        self._since, self._percent = at, percent
        self._follow(at)
        if move == "slow":
            self._slowed = at
        if move == "pause":
            self._paused.append(at)
            self._eased = None
        if move == "stop":
            self._finish(at)
        elif percent:
            self._at("end", at + (INFUSION * 60 - self._infused) * 100 / percent)
        if move != "stop" and percent < 100:
            self._at("look", at + LOOK)

    def _follow(self, at: float) -> None:
        """The effect from here on, at another rate."""
        left = INFUSION * 60 - self._infused
        self._levels = samples.changed(self.table, self._levels, at, self._level(at), self._percent, left)
        self._stream()

    def _end(self, at: float, _: Any) -> None:
        infused = self._infused + (at - self._since) * self._percent / 100
        if self.ended is None and infused >= INFUSION * 60 - 1:
            self._finish(at)

    def _finish(self, at: float) -> None:
        self.ended = at
        self._hear(self.tape.give([Setting(EPOCH + at, "recovery", self._codes)], EPOCH + at), at)
        self._at("cuff", max(at + 1, self._cuff_due()))
        self._at("leave", at + tables.discharge_gate().recovery.least_minutes * 60)

    def _leave(self, at: float, _: Any) -> None:
        """Ask whether the patient may go; the longest stay ends it (clinical 4.7)."""
        assert self.ended is not None
        held = [cause for cause, signal in self.tape.watch.signals.items() if signal.open and RANK[signal.open] >= RANK["high"]]
        when = datetime.fromtimestamp(EPOCH + self.ended, UTC)
        now = datetime.fromtimestamp(EPOCH + at, UTC)
        since = [reading for reading in self._seen if reading.at >= when]
        known = Known(when, now, self._codes, readings=since, open_alarms=held)
        facts = judge_discharge(tables.discharge_gate(), tables.scores(), known)
        if (
            all(fact.met for fact in facts if fact.id in STAYS)
            and moaas(self.mind, self.table.sedation, self._level(at)) == AWAKE
        ):
            self.left = at
        elif at - self.ended >= habits().discharge.longest_minutes * 60:
            self.left = at
            self.moves.append("kept")
        else:
            self._at("leave", at + habits().discharge.again_minutes * 60)
