"""A session under watch, told reading by reading, as the tests of the engine tell it."""

import copy
from collections.abc import Sequence

from services.monitoring import tables
from services.monitoring.rules.conditions import Conditions
from services.monitoring.rules.inputs import Input, Override, Reading, Released, Setting, Stage
from services.monitoring.rules.signals import Fact, Signal
from services.monitoring.rules.watch import History, Watch, answer, take

CODES = {
    "sys": "8480-6", "dia": "8462-4", "map": "8478-0", "hr": "8867-4", "pulse": "8889-8", "spo2": "59408-5", "rr": "9279-1",
    "etco2": "19889-5", "temp": "8310-5", "nrs": "72514-3",
}  # fmt: skip
BASELINE = {"sys": 120.0, "dia": 75.0}
UNTOLD = ("cleared", "returned")


class Watched:
    """One session. Seconds count from zero; `log` is every input in the order it came, as the store keeps it."""

    def __init__(self, baseline: dict[str, float] | None = None, *, stage: Stage = "infusion", only: Sequence[str] = ()) -> None:
        self.engine = tables.engine()
        self.watch = Watch()
        self.facts: list[tuple[float, Fact]] = []
        self.log: list[Input] = []
        self.now = 0.0
        self.baseline = {CODES[name]: value for name, value in (BASELINE if baseline is None else baseline).items()}
        self.only = only
        without = () if not only else tuple(row.id for row in self.engine.limits.interval if row.id not in only)
        self.setting = Setting(0.0, stage, self.baseline, (), without)
        self.give(self.setting)

    def give(self, *inputs: Input, now: float | None = None, until: float | None = None) -> "Watched":
        """Inputs arrive together; by default at the last instant among them."""
        self.now = max([self.now, *(one.at for one in inputs)]) if now is None else now
        late = any(self.watch.is_late(one) for one in inputs)
        history = History(Conditions(), tuple(self.log)) if late else None
        facts = take(self.engine, self.watch, inputs, self.now, history=history, until=until)
        self.log += inputs
        self.facts += [(self.now, fact) for fact in facts]
        return self

    def see(
        self,
        at: float,
        *,
        now: float | None = None,
        device: str = "m1",
        continuous: bool = False,
        by_hand: bool = False,
        **values: float | None,
    ) -> "Watched":
        """A reading."""
        if now is None:
            self._until(at)
        named = {CODES.get(name, name.replace("_", "-")): value for name, value in values.items()}
        return self.give(Reading(at, device, named, continuous, by_hand), now=now)

    def hold(self, begin: float, end: float, every: float = 1.0, **values: float | None) -> "Watched":
        """The same values again and again, `end` included."""
        at = begin
        while at <= end:
            self.see(at, **values)
            at += every
        return self

    def wait(self, to: float) -> "Watched":
        """Nothing comes, and the clock goes on, deadline by deadline."""
        self._until(to + 1e-6)
        self.now = to
        return self

    def _until(self, to: float) -> None:
        while (due := self.watch.next_due()) < to:
            self.give(now=due, until=due)

    def set(self, at: float, **changes: object) -> "Watched":
        """What is known of the session changes."""
        given = {"stage": self.setting.stage, "baseline": self.setting.baseline, "overrides": self.setting.overrides}
        given |= {"without": self.setting.without} | changes
        self.setting = Setting(at, **given)  # type: ignore[arg-type]
        return self.give(self.setting)

    def limit(self, at: float, alarm: str, priority: str, expires: float, **marks: float) -> "Watched":
        """A limit of this patient's own."""
        mine = Override(alarm, priority, tuple(marks.items()), expires)  # type: ignore[arg-type]
        return self.set(at, overrides=(*self.setting.overrides, mine))

    def release(self, at: float, device: str = "m1") -> "Watched":
        """A device watches no longer."""
        return self.give(Released(at, device))

    def answered(self, cause: str, priority: str, at: float | None = None) -> list[tuple[str, str]]:
        """Somebody answers. Returns what is said of it."""
        self.now = self.now if at is None else at
        history = History(Conditions(), tuple(self.log))
        facts = answer(self.engine, self.watch, cause, priority, self.now, history=history)  # type: ignore[arg-type]
        self.facts += [(self.now, fact) for fact in facts]
        return [(fact.what, fact.priority) for fact in facts]

    def told(self) -> list[tuple[str, str, str]]:
        """What people were told: (alarm, what, priority)."""
        return [(fact.alarm or fact.cause, fact.what, fact.priority) for _, fact in self.facts if fact.what not in UNTOLD]

    def raised(self) -> list[tuple[str, str]]:
        """What began or changed: (alarm, priority)."""
        return [(fact.alarm, fact.priority) for _, fact in self.facts if fact.what in ("raised", "priority")]

    def timeline(self) -> list[tuple[float, str, str, str]]:
        """All of it, with the second it was said."""
        return [(now, fact.alarm or fact.cause, fact.what, fact.priority) for now, fact in self.facts]

    def open(self) -> dict[str, str]:
        """What stands open, by cause."""
        return {cause: signal.open for cause, signal in self.watch.signals.items() if signal.open is not None}

    def signal(self, cause: str) -> Signal:
        """One cause's alarm."""
        return self.watch.signals[cause]

    def copy(self) -> "Watched":
        """Another one that goes on from here."""
        return copy.deepcopy(self)
