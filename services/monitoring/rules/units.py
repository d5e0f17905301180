"""Units: what a number of an infusion means, so that no milligram is taken for a millilitre."""

from typing import NewType

Milligrams = NewType("Milligrams", float)
Kilograms = NewType("Kilograms", float)
MgPerKg = NewType("MgPerKg", float)
Millilitres = NewType("Millilitres", float)
MgPerMl = NewType("MgPerMl", float)
Minutes = NewType("Minutes", float)
MgPerMin = NewType("MgPerMin", float)
MlPerHour = NewType("MlPerHour", float)
Percent = NewType("Percent", int)
"""Of the ordered rate."""

MINUTES_AN_HOUR = 60


def rate(dose: Milligrams, duration: Minutes) -> MgPerMin:
    """How fast a dose runs. Raises ValueError without a duration."""
    if duration <= 0:
        raise ValueError(f"a duration is above 0 minutes, got {duration}")
    return MgPerMin(dose / duration)


def volume(dose: Milligrams, concentration: MgPerMl) -> Millilitres:
    """What a dose fills a syringe with. Raises ValueError without a concentration."""
    if concentration <= 0:
        raise ValueError(f"a concentration is above 0 mg/mL, got {concentration}")
    return Millilitres(dose / concentration)


def pump_rate(speed: MgPerMin, concentration: MgPerMl) -> MlPerHour:
    """What a pump is set to. Raises ValueError without a concentration."""
    if concentration <= 0:
        raise ValueError(f"a concentration is above 0 mg/mL, got {concentration}")
    return MlPerHour(speed / concentration * MINUTES_AN_HOUR)


def dose_for(per_kilogram: MgPerKg, weight: Kilograms) -> Milligrams:
    """A dose by weight."""
    return Milligrams(per_kilogram * weight)


def within(value: float, expected: float, percent: float) -> bool:
    """Whether a value is as expected, give or take so many percent of what is expected."""
    return abs(value - expected) <= abs(expected) * percent / 100 + 1e-9
