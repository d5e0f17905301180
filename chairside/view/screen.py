"""The screen: the picture drawn again and again in a terminal, or told line by line where there is none."""

import asyncio
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live

from chairside.view.feed import Feed
from chairside.view.frame import Look, frame
from chairside.view.picture import Picture
from kit.clock import RunningClock

EVERY_S = 0.25
"""Wall seconds between two frames: often enough for a moving age, seldom enough to stay steady."""


@dataclass
class Screen:
    """Where a picture is shown."""

    console: Console
    clock: RunningClock
    names: bool = False

    def look(self, *, behind: bool = False) -> Look:
        """How to draw for the terminal as it is now."""
        return Look(self.console.width, self.console.height, self.clock.rate, self.names, behind)

    async def follow(self, feed: Feed, picture: Picture, until: asyncio.Event) -> None:
        """Show what comes until told to end: live in a terminal, else line by line."""
        if self.console.is_terminal:
            await self._live(feed, picture, until)
        else:
            await self._tell(feed, picture, until)

    async def _live(self, feed: Feed, picture: Picture, until: asyncio.Event) -> None:
        live = Live(console=self.console, screen=True, auto_refresh=False, transient=True, vertical_overflow="crop")
        with live:
            while not until.is_set():
                behind = await feed.behind() > 0
                live.update(frame(picture, self.clock.now(), self.look(behind=behind and not picture.latest)), refresh=True)
                await _read_for(feed, picture, EVERY_S)

    async def _tell(self, feed: Feed, picture: Picture, until: asyncio.Event) -> None:
        if picture.simulated:
            self.console.print("SIMULATED: every number here comes from the clinic simulator.")
        marked = picture.simulated
        while not until.is_set():
            for line in await feed.take(picture, EVERY_S):
                if picture.simulated and not marked:
                    self.console.print("SIMULATED: every number here comes from the clinic simulator.")
                    marked = True
                self.console.print(line, markup=False, highlight=False, soft_wrap=True)


async def _read_for(feed: Feed, picture: Picture, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    over = loop.time() + seconds
    while (left := over - loop.time()) > 0:
        await feed.take(picture, left)
