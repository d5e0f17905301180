"""Phases of a session: what may follow what."""

from typing import Literal

Phase = Literal[
    "CHECKED_IN", "CLEARED", "INFUSING", "SLOWED", "PAUSED", "RECOVERY", "DISCHARGE_READY", "DISCHARGED", "LEFT", "CANCELLED"
]
Move = Literal["start", "slow", "pause", "resume", "end", "stop", "cancel", "discharge", "leave"]

MOVES: dict[Move, dict[Phase, Phase]] = {
    "start": {"CLEARED": "INFUSING"},
    "slow": {"INFUSING": "SLOWED", "SLOWED": "SLOWED"},
    "pause": {"INFUSING": "PAUSED", "SLOWED": "PAUSED"},
    "resume": {"PAUSED": "INFUSING", "SLOWED": "INFUSING"},
    "end": {"INFUSING": "RECOVERY", "SLOWED": "RECOVERY"},
    "stop": {"INFUSING": "RECOVERY", "SLOWED": "RECOVERY", "PAUSED": "RECOVERY"},
    "cancel": {"CHECKED_IN": "CANCELLED", "CLEARED": "CANCELLED"},
    "discharge": {"DISCHARGE_READY": "DISCHARGED"},
    "leave": {"CHECKED_IN": "LEFT", "CLEARED": "LEFT", "RECOVERY": "LEFT", "DISCHARGE_READY": "LEFT"},
}
INFUSION: tuple[Phase, ...] = ("INFUSING", "SLOWED", "PAUSED")
WATCHED: tuple[Phase, ...] = (*INFUSION, "RECOVERY", "DISCHARGE_READY")
"""Phases in which alarms are raised."""
OVER: tuple[Phase, ...] = ("DISCHARGED", "LEFT", "CANCELLED")


def after(phase: Phase, move: Move) -> Phase | None:
    """The phase a move leads to; None where it is not possible."""
    return MOVES[move].get(phase)


def possible(phase: Phase) -> list[Move]:
    """The moves a phase allows."""
    return [move for move, table in MOVES.items() if phase in table]
