"""The alarm load of ordinary days: the pure alarm engine over simulated sessions, and every scripted danger told.

For each preset of clinical 7.4 it prints how many sessions cross a limit beside what the reference computed, and what a nurse
would hear of them; then the dangers of 7.4 and 4.3, each over many random people, of which not one may be missed. The process
fails when one is. All of it is simulated: nothing here says how real patients are.

`--json` ends with one object. Of the default preset: `over_20pct over_30pct over_165_100 over_180_110` (percent of sessions),
`pages_per_session_hour` (ladders begun at the bedside nurse), and of the dangers `sensitivity` (percent told in time at their
priority). `presets` has the same and more of each, `dangers` each one's plays and misses.
"""

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.chair import LATE
from benchmarks.crossings import RATES, SESSION, Share, crossings, crowd, missed
from benchmarks.dangers import DANGERS
from benchmarks.load import Load, load
from benchmarks.plays import Outcome, plays
from benchmarks.samples import STEP
from chairside.simulator.habits import habits
from chairside.simulator.presets import Preset, Presets, presets

MANY = 40_000
"""People the reference's figures are checked on, as many as it drew itself; no engine is needed for it."""
TARGET = 2.0
"""Pages per session-hour: clinical 4.9 (D)."""


def checked(preset: Preset, table: Presets, seed: int) -> dict[str, Any]:
    """The reference's figures beside those of many people, and what explains a difference."""
    people = crowd(preset, table, np.random.default_rng([seed, *preset.id.encode()]), MANY)
    found = crossings(people, table, np.random.default_rng(seed))
    strange, why = missed(preset, found), ""
    variants = {
        "readings that are not rounded to whole mmHg": {"whole": False},
        "readings until 60 minutes": {"minutes": SESSION},
        "readings until 60 minutes that are not rounded": {"whole": False, "minutes": SESSION},
    }
    for title, options in variants.items():
        if strange and not why:
            left = missed(preset, crossings(people, table, np.random.default_rng(seed), **options))  # type: ignore[arg-type]
            why = f"met by {title}" if not left else ""
    rates = {ours: round(found.shares[ours].percent, 2) for ours in RATES.values()}
    return {"people": MANY, **rates, "outside_its_error": strange, "why": why}


def expected(preset: Preset) -> dict[str, float]:
    """The reference's percentages by our names."""
    return {ours: getattr(preset.expected, theirs) for theirs, ours in RATES.items()}


def measure(sessions: int, repeats: int, seed: int) -> dict[str, Any]:
    """All figures."""
    table, begun = presets(), time.perf_counter()
    found: dict[str, dict[str, Any]] = {}
    outcomes: dict[str, list[Outcome]] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("sessions", total=sessions * len(table.preset))
        for preset in table.preset:
            one: Load = load(preset, table, sessions, seed, lambda: progress.advance(bar))
            found[preset.id] = one.figures() | {"published": expected(preset), "checked": checked(preset, table, seed)}
        sessions_took = time.perf_counter() - begun
        bar = progress.add_task("dangers", total=len(DANGERS))
        for danger in DANGERS:
            outcomes[danger.id] = [plays(danger, table, number, seed) for number in range(repeats)]
            progress.advance(bar)
    right = {danger.id: sum(one.right(danger) for one in outcomes[danger.id]) for danger in DANGERS}
    misses = {danger.id: [one.seed for one in outcomes[danger.id] if not one.right(danger)] for danger in DANGERS}
    total = repeats * len(DANGERS)
    share = Share.of(sum(right.values()), total)
    default = found[table.default]
    keys = (*RATES.values(), "pages_per_session_hour", "pages_ci95", "suppressed_by_delay", "technical_pct_of_pages")
    return {
        **{key: default[key] for key in keys},
        "sensitivity": round(100 * sum(right.values()) / total, 3) if total else 0.0,
        "sensitivity_low95": round(share.low, 3),
        "preset": table.default,
        "seed": seed,
        "sessions_per_preset": sessions,
        "presets": found,
        "dangers": {
            danger.id: {
                "title": danger.title,
                "priority": danger.priority,
                "plays": repeats,
                "told": right[danger.id],
                "within_s": danger.within,
                "latest_s": round(max((one.told_after or 0.0 for one in outcomes[danger.id]), default=0.0), 1),
                "missed_seeds": misses[danger.id],
            }
            for danger in DANGERS
        },
        "assumed": assumed(),
        "seconds_of_sessions": round(sessions_took, 1),
        "seconds": round(time.perf_counter() - begun, 1),
    }


def assumed() -> list[str]:
    """What the figures rest on besides the reference."""
    answer = habits().answering
    medium, high = (f"{low:g} to {most:g} s" for low, most in (answer.medium_seconds, answer.high_seconds))
    return [
        f"heart rate, saturation and breaths are sampled every {STEP:g} s, the coarsest at which every delay is seen to pass",
        "they are sampled every second around a dip; in recovery from the first MOAA/S 5 on, with each cuff only",
        "every second throughout gave as many pages in 500 sessions, and more that delays suppressed",
        f"a nurse's round comes {LATE:g} s late on average, by its plan (exponential)",
        f"every page is answered: medium after {medium}, above after {high}; then the nurse acts as clinical 4.4 has it",
        "who is not started by the gate of clinical 4.2 is not watched; 140/90 to 159/99 is started",
        "no nausea, symptoms, pump alarms, loose probes or bad cuffs, for want of their rates: the technical share is a floor",
    ]


def show(figures: dict[str, Any], console: Console) -> None:
    """Print it for people."""
    names = list(figures["presets"])
    crossed = Table("percent of sessions", *names, title="crossing a limit: simulated (95 % interval) / published")
    for rate in RATES.values():
        crossed.add_row(rate, *(_beside(figures["presets"][name], rate) for name in names))
    for rise in ("systolic_rise_at_peak", "diastolic_rise_at_peak"):
        crossed.add_row(rise, *(_rise(figures["presets"][name], presets().named(name), rise) for name in names))
    seen = ("over_20pct", "over_30pct", "over_165_100", "over_180_110")
    for rate in seen:
        crossed.add_row(f"by the clinic's own cuffs, {rate}", *(
            f"{figures['presets'][name]['seen_by_the_cuff'].get(rate, 0.0):.1f}" for name in names
        ))  # fmt: skip
    console.print(crossed)
    heard = Table("what a nurse hears", *names, title=f"{figures['sessions_per_preset']} sessions a preset")
    heard.add_row("pages per session-hour", *(_rate(figures["presets"][name]) for name in names))
    for priority in ("low", "medium", "high", "emergency"):
        heard.add_row(
            f"alarms per session-hour, {priority}",
            *(f"{figures['presets'][name]['alarms_per_session_hour'][priority]:.3f}" for name in names),
        )
    for key in PLAIN:
        heard.add_row(key.replace("_", " "), *(f"{figures['presets'][name][key]:g}" for name in names))
    console.print(heard)
    for name in names:
        one = figures["presets"][name]
        pages = ", ".join(f"{what} {count}" for what, count in list(one["pages_by_alarm"].items())[:6])
        console.print(f"{name}: pages by alarm: {pages or 'none'}")
        if one["checked"]["outside_its_error"]:
            for strange in one["checked"]["outside_its_error"]:
                console.print(f"  {MANY:,} people, {strange}; {one['checked']['why'] or 'not explained'}")
    told = Table("danger", "what", "priority", "told", "within s", "latest s", title="scripted dangers")
    for key, danger in figures["dangers"].items():
        row = (f"{danger['told']}/{danger['plays']}", f"{danger['within_s']:g}", f"{danger['latest_s']:g}")
        told.add_row(key, danger["title"], danger["priority"], *row)
    console.print(told)
    console.print(f"sensitivity {figures['sensitivity']:g} % (95 % interval from {figures['sensitivity_low95']:g} %)")
    console.print(f"pages per session-hour {figures['pages_per_session_hour']:g}; the clinic's target is {TARGET:g} or fewer")
    console.print(f"all of it simulated, seed {figures['seed']}, {figures['seconds']:g} s. It assumes:")
    for line in figures["assumed"]:
        console.print(f"- {line}")


PLAIN = (
    "technical_pct_of_pages", "technical_pct_of_alarms", "missed_round_pages_per_session_hour", "suppressed_by_delay",
    "sessions_with_a_page_pct", "advisory_only_pct", "silent_pct", "floods", "most_alarms_in_10_min", "chatter",
    "held_at_the_gate",
)  # fmt: skip


def _beside(one: dict[str, Any], rate: str) -> str:
    low, high = one["ci95"][rate]
    return f"{one[rate]:.1f} ({low:.1f}-{high:.1f}) / {one['published'][rate]:g}"


def _rise(one: dict[str, Any], preset: Preset | None, name: str) -> str:
    published = getattr(preset.expected, name) if preset else None
    return f"{one[name]:.1f}" + (f" / {published:g}" if published is not None else "")


def _rate(one: dict[str, Any]) -> str:
    low, high = one["pages_ci95"]
    return f"{one['pages_per_session_hour']:.3f} ({low:.3f}-{high:.3f})"


def misses(figures: dict[str, Any]) -> list[str]:
    """The dangers that were not told, each with the seed that plays it again."""
    return [f"missed: {key}, seed {seed!r}" for key, danger in figures["dangers"].items() for seed in danger["missed_seeds"]]


def main() -> None:
    """Measure and print; exits with 1 when a danger was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under a minute, with wider error")
    parser.add_argument("--json", action="store_true", help="end with one line, an object")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same sessions and dangers")
    chosen = parser.parse_args()
    sessions, repeats = (150, 10) if chosen.quick else (2000, 100)
    figures = measure(sessions, repeats, chosen.seed)
    show(figures, Console(stderr=chosen.json, width=200 if not sys.stdout.isatty() else None))
    for line in (missing := misses(figures)):
        print(line, file=sys.stderr)
    if chosen.json:
        print(json.dumps(figures))
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
