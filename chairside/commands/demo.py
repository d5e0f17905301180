"""A simulated clinic morning, live."""

import asyncio
import contextlib
import json as jsonlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chairside.clinic import Clinic
from chairside.commands.simulate import chosen_preset, chosen_scripts
from chairside.embedded.datadir import Data, default_folder
from chairside.embedded.domainclock import reached
from chairside.foreground import foreground
from chairside.problem import Problem
from chairside.simulator.door import Refusal
from chairside.simulator.morning import Morning, Plan
from chairside.simulator.pager import secret_of
from chairside.simulator.presets import presets
from chairside.up import Options, aloud, started
from chairside.view.feed import Feed
from chairside.view.picture import Picture
from chairside.view.screen import Screen
from chairside.view.summary import Day, as_json, as_text, day
from kit.clock import wall

RATE = 60.0
OPENS = time(7, 45)
"""The clinic's time when a demonstration begins: a quarter of an hour before the first chair is free."""
TROUBLES = "S4,S5,S7,S8,S3"
SETTLE_S = 3.0
"""Wall seconds without anything new after which the morning is told whole."""


@dataclass
class Shown:
    """What a demonstration needs from its beginning to its summary."""

    console: Console
    picture: Picture = field(default_factory=Picture)
    since: datetime | None = None
    before: Counter[str] = field(default_factory=Counter)
    readings_before: Counter[str] = field(default_factory=Counter)
    lost_before: int = 0
    morning: Morning | None = None
    live: bool = False

    def say(self, line: str) -> None:
        """To the screen's own list while it is live, else to stderr."""
        if self.live:
            self.picture.tell(self.picture.latest or wall(), line)
        else:
            aloud(line)

    def told(self) -> Day | None:
        """The summary; None when it never began."""
        if self.since is None or self.morning is None:
            return None
        faults = [
            f"patient {one.patient_id[:6] or one.patient}: {one.why}" for one in self.morning.outcomes if one.how == "fault"
        ]
        faults += self.morning.faults
        found = day(self.picture, self.since, self.before, self.lost_before, tuple(faults))
        accepted = sum(one.readings for one in self.morning.outcomes)
        seen = sum((self.picture.readings - self.readings_before).values())
        return replace(found, lost=found.lost + max(0, accepted - seen))


def command(
    once: Annotated[
        bool, typer.Option("--once", help="End by itself with a summary, when the last patient has gone home.")
    ] = False,
    patients: Annotated[int, typer.Option(min=1, max=40, help="How many come.")] = 6,
    preset: Annotated[
        str, typer.Option(help=f"How their vital signs move: {', '.join(p.id for p in presets().preset)}.")
    ] = presets().default,
    script: Annotated[str, typer.Option(help="Scripts for the first of them.")] = TROUBLES,
    seed: Annotated[int, typer.Option(help="The same seed draws the same people.")] = 1,
    rate: Annotated[float, typer.Option(min=1, max=120, help="Clinic seconds per real second.")] = RATE,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Say the summary as one JSON object; with --once.")] = False,
) -> None:
    """Start the clinic and watch a simulated morning of about three minutes: patients, alarms, pages, and who answers.

    Without --once the clinic stays up to be played with until Ctrl-C.
    """
    plan = Plan(patients, chosen_preset(preset), chosen_scripts(script)[:patients], seed, item9=1)
    shown = Shown(Console(stderr=True) if json else Console())
    foreground(_demo(shown, plan, data, rate, once=once))
    told = shown.told()
    if told is None:
        raise typer.Exit(130)
    if json:
        print(jsonlib.dumps(as_json(told), default=str))
    else:
        shown.console.print(as_text(told))
    wrong = bool(told.faults or told.lost or told.unreadable)
    raise typer.Exit(1 if once and wrong else 0)


async def _demo(shown: Shown, plan: Plan, data: Path | None, rate: float, *, once: bool) -> None:
    folder = data or default_folder()
    os.environ.setdefault("CHAIRSIDE_SCHEDULING_CHAIRS", str(max(4, plan.patients)))
    options = Options(data=data, rate=rate, begin=next_morning(folder), say=shown.say)
    async with started(options) as clinic, Feed(clinic.kafka, clinic.prefix) as feed:
        await feed.catch_up(shown.picture)
        shown.since, shown.before = clinic.clock.now(), Counter(shown.picture.topics)
        shown.readings_before, shown.lost_before = Counter(shown.picture.readings), shown.picture.lost
        shown.picture.lately.clear()
        await _morning(shown, clinic, feed, plan, once=once)
        shown.live = False


async def _morning(shown: Shown, clinic: Clinic, feed: Feed, plan: Plan, *, once: bool) -> None:
    morning = shown.morning = Morning(clinic, plan, shown.say, secret_of(clinic.data), chairs=max(4, plan.patients))
    screen = Screen(shown.console, clinic.clock)
    shown.live = screen.console.is_terminal
    over = asyncio.Event()
    coming = asyncio.create_task(morning.run(), name="simulated morning")
    coming.add_done_callback(_when_done(shown, over, once=once))
    try:
        await screen.follow(feed, shown.picture, over)
        await coming
        await _settle(feed, shown.picture)
    except Refusal as refusal:
        raise Problem(f"The simulated day could not open: {refusal.what}.", todo="See the logs in the data folder.") from refusal
    finally:
        coming.cancel()
        with contextlib.suppress(asyncio.CancelledError, Refusal):
            await coming


def _when_done(shown: Shown, over: asyncio.Event, *, once: bool) -> Callable[[asyncio.Task[object]], None]:
    def done(task: asyncio.Task[object]) -> None:
        if once or task.cancelled() or task.exception():
            over.set()
        else:
            shown.say("The simulated morning is over. The clinic stays up to be played with; Ctrl-C stops it.")

    return done


async def _settle(feed: Feed, picture: Picture) -> None:
    """Read on until nothing new has come for a while."""
    loop = asyncio.get_running_loop()
    quiet_since = loop.time()
    while loop.time() - quiet_since < SETTLE_S:
        seen = sum(picture.topics.values())
        await feed.take(picture, 0.3)
        if sum(picture.topics.values()) != seen:
            quiet_since = loop.time()


def next_morning(folder: Path, now: datetime | None = None) -> datetime:
    """The next working day's opening that the clinic's clock has not passed: it never goes back."""
    latest = now or wall()
    with contextlib.suppress(FileNotFoundError):
        latest = max(latest, reached(folder / "clock.json"))
    morning = datetime.combine(latest.astimezone(UTC).date(), OPENS, UTC)
    while morning < latest or morning.isoweekday() > 5:
        morning += timedelta(days=1)
    return morning
