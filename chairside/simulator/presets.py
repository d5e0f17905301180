"""Presets: how simulated vital signs move, as rows with their sources."""

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kit.tables import Row, Table, read_table

DATA = Path(__file__).parent / "data"
Vital = Literal["systolic", "diastolic", "heart_rate", "spo2", "respirations"]
Limb = tuple[tuple[float, float], ...]
"""(minute, level) points of a rise or a fall."""


class Figure(BaseModel):
    """Numbers of one row."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Normal(Figure):
    """A normal distribution, in the vital sign's own unit."""

    mean: float
    sd: float = Field(ge=0)


class Pressure(Figure):
    """A pressure before the infusion, and its rise at the peak, in mmHg."""

    base: Normal
    rise: Normal


class Expected(Figure):
    """What the reference computed: mean rises in mmHg, and percent of sessions that reach a limit.

    A rise is given at the effect's peak, or as the highest of a session's readings, as the cohort published it.
    """

    systolic_rise_at_peak: float | None = None
    diastolic_rise_at_peak: float | None = None
    systolic_highest_rise: float | None = None
    diastolic_highest_rise: float | None = None
    above_165_100: float
    above_180_110: float
    rise_20: float
    rise_30: float


class Preset(Row):
    """One cohort."""

    id: str
    title: str
    systolic: Pressure
    diastolic: Pressure
    expected: Expected


class Shape(Row):
    """How the effect comes and goes: 0 to 1 by minutes since the start, for an infusion of `peak_minute` minutes."""

    minutes: tuple[float, ...]
    level: tuple[float, ...]
    peak_minute: float

    def limbs(self) -> tuple[Limb, Limb]:
        """The rise to the peak, and the fall from it."""
        points = tuple(zip(self.minutes, self.level, strict=True))
        peak = self.minutes.index(self.peak_minute)
        return points[: peak + 1], points[peak:]


class Correlations(Row):
    """Between pressures before the infusion and their rises."""

    bases: float
    rises: float
    base_and_rise: float
    across: float


class PressureNoise(Row):
    """Standard deviation of a cuff's reading, in mmHg."""

    systolic: float
    diastolic: float


class Steady(Row):
    """A vital sign besides pressure."""

    base: Normal
    rise: Normal
    noise: float


class Dips(Row):
    """How often saturation dips by itself, how deep in percent, and for how long."""

    sessions_percent: float
    depth: tuple[float, float]
    seconds: tuple[float, float]


class Sedation(Row):
    """In how many sessions, in percent, MOAA/S comes down to 4 and to 3, and from which level of the effect on."""

    score_4_percent: float
    score_3_percent: float
    deepest_from_level: float
    lighter_from_level: float
    """From here on a patient whose deepest score is 3 has a 4."""


class Dissociation(Row):
    """How strongly a patient dissociates at the peak, as a CADSS total, and what an observer scores then (DISS-OBS)."""

    cadss_at_peak: Normal
    """Mean and deviation of a gamma distribution."""
    observed_above: tuple[float, float, float]
    """CADSS totals above which DISS-OBS is 1, 2 and 3."""


class Mood(Row):
    """PHQ-9 totals at intake."""

    baseline: Normal
    least: int
    most: int


class Presets(Table):
    """Everything a body is drawn from."""

    default: str
    shape: Shape
    correlations: Correlations
    pressure_noise: PressureNoise
    heart_rate: Steady
    spo2: Steady
    respirations: Steady
    dips: Dips
    sedation: Sedation
    dissociation: Dissociation
    phq9: Mood
    preset: tuple[Preset, ...]

    @property
    def steady(self) -> dict[Vital, Steady]:
        """The vital signs besides pressure."""
        return {"heart_rate": self.heart_rate, "spo2": self.spo2, "respirations": self.respirations}

    def named(self, name: str) -> Preset | None:
        """A preset by its id."""
        return next((preset for preset in self.preset if preset.id == name.upper()), None)

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if self.named(self.default) is None:
            raise ValueError(f"default: there is no preset {self.default!r}")
        if len(self.shape.minutes) != len(self.shape.level):
            raise ValueError("shape: as many levels as minutes are needed")
        return self


class Surge(Figure):
    """A vital sign bent towards a value for a time; without a value, a probe that is off. Minutes since the start."""

    vital: Vital
    value: float | None = None
    minute: float
    rises: float = Field(ge=0)
    lasts: float = Field(gt=0)
    fades: float = Field(ge=0)
    ends_at_percent: float
    """It ends early once the infusion runs at this percent of its rate or less; -1: never early."""


class Script(Row):
    """A session that goes as written."""

    id: str
    title: str
    base: dict[Vital, float]
    rise: dict[Vital, float]
    surge: tuple[Surge, ...] = ()
    nobody_answers_before_step: int = 0
    """The first step of the escalation at which somebody answers a page."""


class Scripts(Table):
    """All scripts."""

    script: tuple[Script, ...]

    def named(self, name: str) -> Script | None:
        """A script by its id."""
        return next((script for script in self.script if script.id == name.upper()), None)


@cache
def presets() -> Presets:
    """The presets that came with this version. Raises TableRefused."""
    return read_table(DATA / "presets.toml", Presets)


@cache
def scripts() -> Scripts:
    """The scripts that came with this version. Raises TableRefused."""
    return read_table(DATA / "scripts.toml", Scripts)
