"""A small SVG: a time axis shared by panels, lines in them, and lanes of bars below."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import pairwise
from math import ceil, floor, log10
from statistics import median

WIDTH, LEFT, RIGHT, TOP = 1200, 190, 24, 66
FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"
INK, FAINT, GRID = "#1c2733", "#6b7785", "#e3e7ec"
STEPS = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Seconds between two marks of the time axis."""
MOST_MARKS = 14
FEW = 200
"""Points up to which each is shown."""
Point = tuple[float, float | None]
"""Seconds since the epoch, and a value; None is a probe that is off."""


class Canvas:
    """Collects shapes from top to bottom; `text` is the whole picture."""

    def __init__(self, begin: float, end: float) -> None:
        self.begin, self.end = begin, max(end, begin + 60)
        self.y = float(TOP)
        self._shapes: list[str] = []

    def x(self, at: float) -> float:
        """Where an instant is, in pixels."""
        share = (min(max(at, self.begin), self.end) - self.begin) / (self.end - self.begin)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def write(
        self, x: float, y: float, text: str, *, size: int = 12, colour: str = INK, anchor: str = "start", bold: bool = False
    ) -> None:
        """A line of text."""
        weight = " font-weight='bold'" if bold else ""
        look = f"font-size='{size}' fill='{colour}' text-anchor='{anchor}'{weight}"
        self._shapes.append(f"<text x='{x:.1f}' y='{y:.1f}' {look}>{escape(text)}</text>")

    def bar(
        self, begin: float, end: float, y: float, height: float, colour: str, *, opacity: float = 1.0, hint: str = ""
    ) -> None:
        """A bar from one instant to another; `hint` is shown by whoever points at it."""
        width = max(2.0, self.x(end) - self.x(begin))
        title = f"<title>{escape(hint)}</title>" if hint else ""
        self._shapes.append(
            f"<rect x='{self.x(begin):.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' fill='{colour}' "
            f"opacity='{opacity:g}' rx='1.5'>{title}</rect>"
        )

    def upright(self, at: float, top: float, bottom: float, colour: str, *, dashed: bool = False, width: float = 1) -> None:
        """A line through an instant."""
        dash = " stroke-dasharray='4 3'" if dashed else ""
        self._shapes.append(
            f"<line x1='{self.x(at):.1f}' x2='{self.x(at):.1f}' y1='{top:.1f}' y2='{bottom:.1f}' stroke='{colour}' "
            f"stroke-width='{width:g}'{dash}/>"
        )

    def tick(self, at: float, y: float, colour: str, *, hint: str = "") -> None:
        """A small triangle above an instant."""
        x = self.x(at)
        title = f"<title>{escape(hint)}</title>" if hint else ""
        self._shapes.append(
            f"<path d='M{x - 5:.1f} {y - 7:.1f} L{x + 5:.1f} {y - 7:.1f} L{x:.1f} {y + 1:.1f} Z' fill='{colour}' stroke='white'>"
            f"{title}</path>"
        )

    def panel(
        self,
        label: str,
        unit: str,
        height: float,
        series: Sequence[tuple[str, str, Sequence[Point]]],
        *,
        measured: bool = True,
    ) -> None:
        """Lines over time: (name, colour, points) each, on one scale that fits them. Not `measured` is without dots and gaps."""
        values = [value for _, _, points in series for _, value in points if value is not None]
        if not values:
            return
        low, high, step = scale(min(values), max(values))
        top, bottom = self.y, self.y + height

        def y(value: float) -> float:
            return bottom - (value - low) / (high - low) * height

        for number in range(round((high - low) / step) + 1):
            value = low + number * step
            self._shapes.append(
                f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y(value):.1f}' y2='{y(value):.1f}' stroke='{GRID}'/>"
            )
            self.write(LEFT - 8, y(value) + 4, f"{value:g}", size=10, colour=FAINT, anchor="end")
        self.write(12, top + 12, label, bold=True)
        self.write(12, top + 27, unit, size=10, colour=FAINT)
        for number, (name, colour, points) in enumerate(series):
            if any(value is not None for _, value in points):
                self.write(12, top + 44 + 14 * number, name, size=11, colour=colour)
                self._line(colour, points, y, measured=measured)
        self.y = bottom + 18

    def _line(self, colour: str, points: Sequence[Point], y: Callable[[float], float], *, measured: bool) -> None:
        whole = [[(at, value) for at, value in points if value is not None]]
        for run in runs(points) if measured else whole:
            thin = decimated([(self.x(at), y(value)) for at, value in run]) if measured else [(self.x(at), y(v)) for at, v in run]
            if len(thin) > 1:
                path = " ".join(f"{x:.1f},{height:.1f}" for x, height in thin)
                self._shapes.append(f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='1.4'/>")
            if measured and (len(points) < FEW or len(thin) == 1):
                self._shapes += [f"<circle cx='{x:.1f}' cy='{height:.1f}' r='2.2' fill='{colour}'/>" for x, height in thin]

    def axis(self, marks: Iterable[tuple[float, str]]) -> None:
        """The time axis: its marks, by instant; their lines lie below everything else."""
        above, self._shapes = self._shapes, []
        for at, label in marks:
            self.upright(at, TOP, self.y - 6, GRID)
            self.write(self.x(at), self.y + 8, label, size=10, colour=FAINT, anchor="middle")
        self._shapes += above
        self.y += 22

    def text(self, title: str) -> str:
        """The picture."""
        height = ceil(self.y)
        size = f"viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}'"
        shapes = "\n".join(self._shapes)
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' {size} {FONT} role='img'>\n<title>{escape(title)}</title>\n"
            f"<rect width='100%' height='100%' fill='white'/>\n{shapes}\n</svg>\n"
        )


def marks(begin: float, end: float) -> list[float]:
    """Round instants between two, not more than fit."""
    step = next((one for one in STEPS if (end - begin) / one <= MOST_MARKS), 86_400)
    first = ceil(begin / step)
    return [float(number * step) for number in range(first, floor(end / step) + 1)]


def scale(least: float, most: float) -> tuple[float, float, float]:
    """A round scale that holds two values: from, to, and the step between its lines."""
    span = max(most - least, 4.0)
    rough = span / 3
    size = 10 ** floor(log10(rough))
    step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= rough)
    low = floor(least / step) * step
    return low, max(low + step, ceil((most + 0.02 * span) / step) * step), step


def runs(points: Sequence[Point]) -> list[list[tuple[float, float]]]:
    """Points that belong together: a probe that is off, or a silence long for this series, divides them."""
    seen = [(at, value) for at, value in points if value is not None]
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(seen)]
    longest = max(90.0, 3 * median(gaps)) if gaps else 0.0
    found: list[list[tuple[float, float]]] = []
    last: float | None = None
    for at, value in points:
        if value is None:
            last = None
            continue
        if last is None or at - last > longest:
            found.append([])
        found[-1].append((at, value))
        last = at
    return found


def decimated(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """In each pixel the first, the least, the most and the last: what the eye sees of all of them."""
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        columns.setdefault(int(point[0]), []).append(point)
    found: list[tuple[float, float]] = []
    for column in columns.values():
        if len(column) <= 4:
            found += column
        else:
            places = {0, len(column) - 1}
            heights = [height for _, height in column]
            places |= {heights.index(min(heights)), heights.index(max(heights))}
            found += [column[place] for place in sorted(places)]
    return found
