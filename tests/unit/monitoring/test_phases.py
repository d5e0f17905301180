"""What may follow what, every phase by every move, as clinical 4.4 draws it."""

from typing import get_args

import pytest

from services.monitoring.rules.phases import INFUSION, OVER, WATCHED, Move, Phase, after, possible

PHASES: tuple[Phase, ...] = get_args(Phase)
ALLOWED: dict[Move, dict[Phase, Phase]] = {
    "clear": {"CHECKED_IN": "CLEARED", "CLEARED": "CLEARED"},
    "hold": {"CHECKED_IN": "CHECKED_IN", "CLEARED": "CHECKED_IN"},
    "start": {"CLEARED": "INFUSING"},
    "slow": {"INFUSING": "SLOWED", "SLOWED": "SLOWED"},
    "pause": {"INFUSING": "PAUSED", "SLOWED": "PAUSED"},
    "resume": {"PAUSED": "INFUSING", "SLOWED": "INFUSING"},
    "bolus": {"INFUSING": "INFUSING", "SLOWED": "SLOWED"},
    "end": {"INFUSING": "RECOVERY", "SLOWED": "RECOVERY"},
    "stop": {"INFUSING": "RECOVERY", "SLOWED": "RECOVERY", "PAUSED": "RECOVERY"},
    "transfer": {phase: "TRANSFERRED" for phase in PHASES if phase not in OVER},
    "cancel": {"CHECKED_IN": "CANCELLED", "CLEARED": "CANCELLED"},
    "discharge": {"DISCHARGE_READY": "DISCHARGED"},
    "leave": {phase: "LEFT" for phase in PHASES if phase not in (*INFUSION, *OVER)},
}


@pytest.mark.parametrize("move", get_args(Move))
@pytest.mark.parametrize("phase", PHASES)
def test_every_move_from_every_phase(phase: Phase, move: Move) -> None:
    assert after(phase, move) == ALLOWED[move].get(phase)


@pytest.mark.parametrize(
    ("phase", "moves"),
    [
        ("CHECKED_IN", ["transfer", "cancel", "leave"]),
        ("CLEARED", ["start", "transfer", "cancel", "leave"]),
        ("INFUSING", ["slow", "pause", "bolus", "end", "stop", "transfer"]),
        ("PAUSED", ["resume", "stop", "transfer"]),
        ("RECOVERY", ["transfer", "leave"]),
        ("DISCHARGE_READY", ["transfer", "discharge", "leave"]),
        *((phase, []) for phase in OVER),
    ],
)
def test_what_somebody_may_ask_for(phase: Phase, moves: list[Move]) -> None:
    assert possible(phase) == moves


def test_nothing_leads_back_into_an_infusion_that_is_over() -> None:
    reached: set[Phase] = {"RECOVERY"}
    while more := {to for table in ALLOWED.values() for was, to in table.items() if was in reached} - reached:
        reached |= more
    assert not reached & set(INFUSION)
    assert not set(WATCHED) & set(OVER)
