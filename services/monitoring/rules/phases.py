"""Phases of a session: what may follow what, clinical 4.4.

SCHEDULED is an appointment, which is scheduling's: a session begins CHECKED_IN. ENDED and STOPPED are passed through within one
move: the patient is in RECOVERY from that instant on. They are said as InfusionEnded and InfusionStopped and kept as the
infusion's outcome; from RECOVERY nothing leads back, so what was stopped is not resumed. Judging a gate moves between CHECKED_IN
and CLEARED, and between RECOVERY and DISCHARGE_READY.
"""

from typing import Literal

Phase = Literal[
    "CHECKED_IN",
    "CLEARED",
    "INFUSING",
    "SLOWED",
    "PAUSED",
    "RECOVERY",
    "DISCHARGE_READY",
    "DISCHARGED",
    "LEFT",
    "TRANSFERRED",
    "CANCELLED",
]
Move = Literal[
    "clear", "hold", "start", "slow", "pause", "resume", "bolus", "end", "stop", "transfer", "cancel", "discharge", "leave"
]
Outcome = Literal["ENDED", "STOPPED"]

MOVES: dict[Move, dict[Phase, Phase]] = {
    "clear": {"CHECKED_IN": "CLEARED", "CLEARED": "CLEARED"},
    "hold": {"CHECKED_IN": "CHECKED_IN", "CLEARED": "CHECKED_IN"},
    "start": {"CLEARED": "INFUSING"},
    "slow": {"INFUSING": "SLOWED", "SLOWED": "SLOWED"},
    "pause": {"INFUSING": "PAUSED", "SLOWED": "PAUSED"},
    "resume": {"PAUSED": "INFUSING", "SLOWED": "INFUSING"},
    "bolus": {"INFUSING": "INFUSING", "SLOWED": "SLOWED"},
    "end": {"INFUSING": "RECOVERY", "SLOWED": "RECOVERY"},
    "stop": {"INFUSING": "RECOVERY", "SLOWED": "RECOVERY", "PAUSED": "RECOVERY"},
    "transfer": {
        "CHECKED_IN": "TRANSFERRED",
        "CLEARED": "TRANSFERRED",
        "INFUSING": "TRANSFERRED",
        "SLOWED": "TRANSFERRED",
        "PAUSED": "TRANSFERRED",
        "RECOVERY": "TRANSFERRED",
        "DISCHARGE_READY": "TRANSFERRED",
    },
    "cancel": {"CHECKED_IN": "CANCELLED", "CLEARED": "CANCELLED"},
    "discharge": {"DISCHARGE_READY": "DISCHARGED"},
    "leave": {"CHECKED_IN": "LEFT", "CLEARED": "LEFT", "RECOVERY": "LEFT", "DISCHARGE_READY": "LEFT"},
}
INFUSION: tuple[Phase, ...] = ("INFUSING", "SLOWED", "PAUSED")
WATCHED: tuple[Phase, ...] = (*INFUSION, "RECOVERY", "DISCHARGE_READY")
"""Phases in which alarms are raised."""
OVER: tuple[Phase, ...] = ("DISCHARGED", "LEFT", "TRANSFERRED", "CANCELLED")
GATE: tuple[Move, ...] = ("clear", "hold")
"""What a verdict does, and nobody asks for by name."""


def after(phase: Phase, move: Move) -> Phase | None:
    """The phase a move leads to; None where it is not possible."""
    return MOVES[move].get(phase)


def possible(phase: Phase) -> list[Move]:
    """The moves that a phase allows somebody to ask for."""
    return [move for move, table in MOVES.items() if phase in table and move not in GATE]
