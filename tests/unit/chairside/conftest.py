"""Real recordings, where they are."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def waveforms() -> Path:
    """The folder of real bedside recordings; the test skips where it is absent."""
    if not (DATA / "waveforms").is_dir():
        pytest.skip("../shared/data/waveforms is not here: a fresh clone has no real recordings")
    return DATA / "waveforms"
