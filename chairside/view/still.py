"""The still: one frame of the picture as an SVG, to be shown where no terminal is."""

import io
import re
from datetime import datetime

from rich.console import Console

from chairside.view.frame import Look, frame
from chairside.view.picture import Picture

WIDTH, HEIGHT = 124, 36


def still(picture: Picture, now: datetime, rate: float, *, names: bool) -> str:
    """An SVG that fetches nothing: it uses whatever monospaced font its reader has."""
    console = Console(
        record=True,
        file=io.StringIO(),
        width=WIDTH,
        height=HEIGHT,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(frame(picture, now, Look(WIDTH, HEIGHT, rate, names)))
    drawn = console.export_svg(title="chairside watch")
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
