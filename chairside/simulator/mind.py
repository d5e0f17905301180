"""A simulated mind: how far somebody is sedated and dissociated while it lasts. Pure; randomness comes in as a generator."""

from dataclasses import dataclass
from random import Random

from chairside.simulator.presets import Dissociation, Presets, Sedation

AWAKE = 5


@dataclass(frozen=True)
class Mind:
    """What the infusion does to somebody at its peak: the deepest MOAA/S, and the CADSS total."""

    deepest: int
    cadss: float


def drawn_mind(table: Presets, random: Random) -> Mind:
    """A person's answer to the drug."""
    about, share = table.sedation, random.random() * 100
    deepest = 3 if share < about.score_3_percent else 4 if share < about.score_3_percent + about.score_4_percent else AWAKE
    cadss = table.dissociation.cadss_at_peak
    return Mind(deepest, random.gammavariate((cadss.mean / cadss.sd) ** 2, cadss.sd**2 / cadss.mean))


def moaas(mind: Mind, rule: Sedation, level: float) -> int:
    """The MOAA/S an observer would score at a level (0 to 1) of the effect."""
    if level >= rule.deepest_from_level:
        return mind.deepest
    return min(AWAKE, mind.deepest + 1) if level >= rule.lighter_from_level else AWAKE


def observed(mind: Mind, rule: Dissociation, level: float) -> int:
    """The DISS-OBS an observer would score at a level of the effect: 0 to 3; distress (4) is scripted, never drawn."""
    return sum(mind.cadss * level > mark for mark in rule.observed_above)
