"""The alarm engine alone, on one core: readings of four values through all limits.

`--json` prints one object: `readings_per_s` (quiet readings), `alarming_readings_per_s` (each beyond some limit, with its
changes), `state_bytes` (a session's engine state as JSON), and the ratio `alarming_to_quiet`.
"""

import argparse
import json
import time

from rich.console import Console
from rich.table import Table

from services.monitoring import tables
from services.monitoring.rules.conditions import Conditions
from services.monitoring.rules.inputs import Reading, Setting

QUIET = {"8480-6": 120.0, "8462-4": 80.0, "8867-4": 70.0, "59408-5": 97.0}
ALARMING = {"8480-6": 168.0, "8462-4": 101.0, "8867-4": 122.0, "59408-5": 91.0}
BASELINE = {"8480-6": 118.0, "8462-4": 78.0}


def rate(values: dict[str, float], count: int) -> tuple[float, Conditions]:
    """Readings a second, and the state they leave."""
    engine, state = tables.engine(), Conditions()
    engine.fold(state, [Setting(1e9, "infusion", BASELINE)])
    begun = time.perf_counter()
    for second in range(count):
        engine.fold(state, (Reading(1e9 + second, "monitor-1", values),))
    return count / (time.perf_counter() - begun), state


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under a minute, with wider error")
    parser.add_argument("--json", action="store_true", help="end with one line, an object")
    chosen = parser.parse_args()
    count = 50_000 if chosen.quick else 500_000
    quiet, _ = rate(QUIET, count)
    alarming, state = rate(ALARMING, count)
    figures = {
        "readings_per_s": round(quiet),
        "alarming_readings_per_s": round(alarming),
        "state_bytes": len(json.dumps(state.to_json())),
        "alarming_to_quiet": round(alarming / quiet, 2),
    }
    if chosen.json:
        print(json.dumps(figures))
        return
    table = Table("figure", "measured", title="the alarm engine on one core")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}")
    Console().print(table)


if __name__ == "__main__":
    main()
