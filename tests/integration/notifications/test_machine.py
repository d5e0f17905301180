"""Nobody is left alone with a high alarm, whatever happens in whatever order.

A small budget by default; by hand, with thousands of runs: `MACHINE_RUNS=2000 pytest tests/integration/notifications/test_machine.py`.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.notifications.engine import Engine
from tests.integration.notifications.machine import MORNING, Machine

RUNS = int(os.environ.get("MACHINE_RUNS", "12"))
STEPS = int(os.environ.get("MACHINE_STEPS", "25"))
BUDGET = settings(
    max_examples=RUNS, stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,) if "MACHINE_QUICK" in os.environ else (Phase.generate, Phase.shrink), print_blob=False,
)  # fmt: skip


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Notifications on a store of its own."""
    built = Engine(database, MORNING)
    yield built
    built.close()
    built.runner.close()


def test_nobody_is_left_alone(engine: Engine) -> None:
    class OnThisStore(Machine):
        pass

    OnThisStore.engine = engine
    run_state_machine_as_test(OnThisStore, settings=BUDGET)
