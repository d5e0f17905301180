"""The supervisor: keeps children running, says how each ended, and waits longer before each new try."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chairside.embedded import children
from chairside.problem import Problem

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0
STEADY_S = 30.0
"""A child that ran this long is forgiven its earlier ends."""
LOOK_EVERY_S = 0.05
REFUSED = 78
"""A service ends so when its settings cannot work: another try would end the same."""


@dataclass
class Child:
    """A process to keep running. `start` forks it, and is called in the main thread."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    log: Path
    dying: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    exits: list[int] = field(default_factory=list)
    """Exit codes so far; a negative one is the signal that ended it."""


class Supervisor:
    """Starts children, restarts those that end, and stops them all."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.children: dict[str, Child] = {}
        self._say = say
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, child: Child) -> None:
        """Keep a child running from now on; one that has a process already is taken over."""
        self.children[child.name] = child
        if child.process is None:
            child.process = child.start()
        task = asyncio.create_task(self._watch(child), name=f"keep {child.name}")
        self._tasks.add(task)

    def check(self, child: Child, most_exits: int = 3) -> None:
        """Raise Problem when a starting child has shown that it cannot start."""
        if child.exits and (REFUSED in child.exits or len(child.exits) >= most_exits):
            raise Problem(
                f"{child.name} does not start: {how(child.exits[-1])}. It said:\n{children.tail(child.log)}",
                todo=f"The whole log is {child.log}.",
            )

    async def stop(self, within: float = 10.0) -> list[str]:
        """Ask all to end, at the same time, and kill what is left. Returns the names of those that had to be killed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        running = [(child, child.process) for child in self.children.values() if child.process and child.process.poll() is None]
        orderly = await asyncio.gather(
            *(asyncio.to_thread(children.stop, process, child.dying, within) for child, process in running)
        )
        return [child.name for (child, _), ended in zip(running, orderly, strict=True) if not ended]

    async def _watch(self, child: Child) -> None:
        wait = FIRST_WAIT_S
        began = time.monotonic()
        while True:
            assert child.process is not None
            code = child.process.poll()
            if code is None:
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            child.exits.append(code)
            if time.monotonic() - began > STEADY_S:
                wait = FIRST_WAIT_S
            self._say(f"{child.name} ended: {how(code)}. Starting it again in {wait:g} s (log: {child.log})")
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)
            try:
                child.process = child.start()
            except (OSError, Problem) as error:
                self._say(f"{child.name} could not be started: {error}")
            began = time.monotonic()


def how(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
