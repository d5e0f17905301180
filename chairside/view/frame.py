"""The frame: the picture drawn for a terminal of any size. Pure: picture and instant in, something to print out."""

from dataclasses import dataclass
from datetime import datetime

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.text import Text

from chairside.view import lists
from chairside.view.audit import audit
from chairside.view.chairs import chairs
from chairside.view.picture import Picture

TALL = 34
"""From this height on there is room for more than the essentials."""


@dataclass(frozen=True)
class Look:
    """How it is drawn: the size of the terminal, the clock's rate, and whether names of patients may show."""

    width: int
    height: int
    rate: float = 1.0
    names: bool = False
    behind: bool = False
    """What is drawn is being read up, so it is not yet the present."""


def frame(picture: Picture, now: datetime, look: Look) -> RenderableType:
    """The whole screen."""
    rows = min(max(1, len(picture.chairs(now))), max(1, look.height - 12))
    streams, judged = _streams(picture, look), audit(picture, now, look.rate)
    foot = 2 + len(judged) + (len(streams) if look.height >= TALL else min(len(streams), 2))
    room = look.height - 1 - (rows + 3) - foot
    told = room // 2 if room >= 16 else 0
    inner = room - told - 2
    middle = Layout()
    middle.split_row(
        Layout(_panel("alarms", lists.grid(lists.alarms(picture, now), inner))),
        Layout(_panel("pages", lists.grid(lists.pages(picture, now), inner))),
    )
    parts = [
        Layout(_head(picture, now, look), size=1),
        Layout(chairs(picture, now, look.width, names=look.names), size=rows + 3),
        middle,
    ]
    if told:
        lines = [Text(line, no_wrap=True, overflow="ellipsis") for _, line in picture.lately[-(told - 2) :]]
        parts.append(Layout(_panel("lately", Group(*lines)), size=told))
    title = Text("events per topic, ").append_text(_health(picture))
    parts.append(Layout(_panel(title, Group(*judged, *streams[: foot - 2 - len(judged)])), size=foot))
    board = Layout()
    board.split_column(*parts)
    return board


def _head(picture: Picture, now: datetime, look: Look) -> Text:
    left = Text()
    left.append(" Chairside ", style="bold reverse")
    left.append(f"  {now:%a %d %b %H:%M:%S}", style="bold")
    if look.rate != 1:
        left.append(f" x{look.rate:g}", style="dim")
    if picture.simulated:
        left.append("  ")
        left.append(" SIMULATED ", style="black on bright_magenta")
    if look.behind:
        left.append("  reading up", style="dim")
    here = sum(not s.over and s.phase != "unknown" for s in picture.sessions.values())
    right = f"in the chairs {here}  home today {picture.treated(now)} "
    left.append(" " * max(1, look.width - left.cell_len - len(right)) + right)
    left.truncate(look.width)
    return left


def _streams(picture: Picture, look: Look) -> list[Text]:
    """Topics with their counts, laid out in as few lines as fit."""
    inner = look.width - 4
    lines, line = [], Text()
    for name, count in sorted(picture.topics.items(), key=lambda one: -one[1]):
        word = Text(f"{name} ", style="dim")
        word.append(f"{count:,}".replace(",", " "), style="bold")
        if line.cell_len and line.cell_len + 3 + word.cell_len > inner:
            lines.append(line)
            line = Text()
        if line.cell_len:
            line.append("   ")
        line.append_text(word)
    return [*lines, line]


def _panel(title: str | Text, inside: RenderableType) -> Panel:
    return Panel(inside, title=title, title_align="left", border_style="bright_black", box=ROUNDED, padding=(0, 1))


def _health(picture: Picture) -> Text:
    if not picture.lost and not picture.unreadable:
        return Text("none lost", style="green")
    return Text(f"{picture.lost} lost, {picture.unreadable} unreadable", style="bold red")
