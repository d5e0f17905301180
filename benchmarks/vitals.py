"""A whole clinic under vital signs: from a dangerous reading to its alarm on the topic, and to its page in the channel's hand.

Everything `chairside up` runs is running on this machine, with its own Kafka and PostgreSQL, and this process too, which is the
gateway and the listener. `--json` ends with one object. `raw_p99_ms` is a record to Kafka and back at 200/s, with everything
running and idle; `alarm_p50_ms alarm_p95_ms alarm_p99_ms` are the first scale by topic, and `ratio` is that p99 to the raw one.

For each way (`topic`: a gateway that produces to `vitals`; `http`: POST /vitals in requests of 20 devices) and scale (sessions
measured at 1 Hz), as `topic_1000_p99_ms`:

- `p50_ms p95_ms p99_ms`: from just before the reading is sent until AlarmRaised is in the listener's hand;
- `page_p99_ms`: until notifications wrote down that the page's first channel had taken it;
- `dangers lost doubled`: each danger must be exactly one alarm;
- `offered_per_s refused unsent_ticks gateway_late_p99_ms`: what this process sent, and how late it was itself;
- `lag drained_s`: readings not handled when the last was sent, and how long until none was;
- `<process>_cores`: processor time; `others_cores` is what this machine did besides: above 0.1 the figures are not our own.

`<process>_mb` is resident memory [after the first fifth, at the end] of the first, longest run, `_mb_per_minute` its growth.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.alarms import QUIET, rate
from benchmarks.house import House
from benchmarks.pipeline import percentile, raw_round_trip
from benchmarks.ward import Processes, Ward
from chairside.up import Options, started

WATCHED_PROCESSES = ("kafka", "monitoring", "notifications", "trends")


async def measure_one(ward: Ward, way: str, count: int, seconds: float, *, memory: bool) -> dict[str, Any]:
    """One way at one scale."""
    await ward.seed(count)
    processes = Processes()
    samples: list[tuple[float, dict[str, float]]] = []

    async def sample() -> None:
        begun = time.perf_counter()
        await asyncio.sleep(seconds / 5)
        while True:
            samples.append((time.perf_counter() - begun, processes.memory_mb()))
            await asyncio.sleep(2)

    sampling = asyncio.create_task(sample())
    before, begun = processes.cpu_s(), time.perf_counter()
    found = await ward.run(way, count, seconds, max(2.0, min(count / 100, 600 / seconds)))
    took = time.perf_counter() - begun
    cores = {name: round((value - before.get(name, 0)) / took, 2) for name, value in processes.cpu_s().items()}
    sampling.cancel()
    lag, since = await ward.lag(), time.perf_counter()
    while await ward.lag() and time.perf_counter() - since < 120:
        await asyncio.sleep(0.1)
    drained = time.perf_counter() - since
    await asyncio.sleep(4)
    pages = await ward.paged_ms(found)
    waits, here = found.waits_ms, f"{way}_{count}"
    figures: dict[str, Any] = {
        f"{here}_dangers": found.dangers,
        f"{here}_lost": found.dangers - len(waits),
        f"{here}_doubled": found.doubled,
        f"{here}_offered_per_s": round(found.sent / took),
        f"{here}_refused": found.refused,
        f"{here}_unsent_ticks": found.unsent,
        f"{here}_gateway_late_p99_ms": round(percentile(found.late_ticks_ms, 0.99), 1),
        f"{here}_lag": lag,
        f"{here}_drained_s": round(drained, 1),
    }
    for share in (50, 95, 99):
        figures[f"{here}_p{share}_ms"] = round(percentile(waits, share / 100), 1) if len(waits) > 1 else None
    figures[f"{here}_page_p99_ms"] = round(percentile(pages, 0.99), 1) if len(pages) > 1 else None
    figures |= {f"{here}_{name}_cores": value for name, value in cores.items()}
    if memory:
        figures |= _flatness(samples)
    return figures


def _flatness(samples: list[tuple[float, dict[str, float]]]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name in WATCHED_PROCESSES:
        points = [(at, memory[name]) for at, memory in samples if name in memory]
        (first_at, first), (last_at, last) = points[0], points[-1]
        figures[f"{name}_mb"] = [first, last]
        figures[f"{name}_mb_per_minute"] = round((last - first) / max(last_at - first_at, 1) * 60, 2)
    return figures


async def measure(scales: list[int], ways: list[str], seconds: float, long_seconds: float) -> dict[str, Any]:
    """All figures, in one clinic."""
    figures: dict[str, Any] = {"engine_readings_per_s": round(rate(QUIET, 50_000)[0])}
    with tempfile.TemporaryDirectory() as folder:
        async with started(Options(data=Path(folder) / "clinic")) as clinic, Ward(clinic) as ward:
            raw = await raw_round_trip(House(clinic.kafka, ""), 5 if seconds < 30 else 20, 200)
            figures |= {"raw_p50_ms": round(percentile(raw, 0.5), 1), "raw_p99_ms": round(percentile(raw, 0.99), 1)}
            for scale in scales:
                for way in ways:
                    longest = scale == scales[0] and way == ways[0]
                    found = await measure_one(ward, way, scale, long_seconds if longest else seconds, memory=longest)
                    print(json.dumps(found), file=sys.stderr, flush=True)
                    figures |= found
    first = f"{ways[0]}_{scales[0]}"
    figures |= {f"alarm_p{share}_ms": figures[f"{first}_p{share}_ms"] for share in (50, 95, 99)}
    if figures["alarm_p99_ms"] is not None:
        figures["ratio"] = round(figures["alarm_p99_ms"] / figures["raw_p99_ms"], 2)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under two minutes, with fewer sessions and wider error")
    parser.add_argument("--json", action="store_true", help="end with one line, an object")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the run in which memory is watched")
    parser.add_argument("--sessions", type=int, nargs="+", help="scales instead of 1000 and 5000 (quick: 200)")
    parser.add_argument("--ways", nargs="+", choices=("topic", "http"), default=["topic", "http"])
    chosen = parser.parse_args()
    scales = chosen.sessions or ([200] if chosen.quick else [1000, 5000])
    seconds = 20.0 if chosen.quick else 60.0
    long_seconds = seconds if chosen.quick else max(seconds, chosen.minutes * 60)
    figures = asyncio.run(measure(scales, chosen.ways, seconds, long_seconds))
    if chosen.json:
        print(json.dumps(figures))
        return
    table = Table("figure", "measured", title="a whole clinic under vital signs")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int | float) else str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
