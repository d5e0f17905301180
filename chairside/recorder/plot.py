"""A picture of a session: vital signs, infusion rate, moves, alarms in the colours of IEC 60601-1-8, and who answered when."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chairside.problem import Problem
from chairside.recorder.canvas import FAINT, INK, LEFT, RIGHT, TOP, WIDTH, Canvas, Point, marks
from chairside.recorder.record import Record, instant, moment, seconds
from chairside.view.telling import short
from schemas.monitoring.alarms import Priority
from services.monitoring.rules.comparison import Step, Told
from services.monitoring.rules.engine import Engine

PANELS = (
    (
        "Pressure",
        "mmHg",
        150,
        (("systolic", "#b3261e", "8480-6"), ("mean", "#8a8f98", "8478-0"), ("diastolic", "#33589e", "8462-4")),
    ),
    ("Heart rate", "/min", 96, (("ECG", "#2a7d3f", "8867-4"), ("pulse", "#8fbf9b", "8889-8"))),
    ("Saturation", "% SpO2", 84, (("SpO2", "#0b7fa5", "59408-5"),)),
    ("Breaths", "/min", 84, (("breaths", "#7a4ca0", "9279-1"),)),
    ("End-tidal CO2", "mmHg", 72, (("EtCO2", "#9a6b1f", "19889-5"),)),
)
COLOURS: dict[Priority, str] = {"emergency": "#8c0b0b", "high": "#e02b20", "medium": "#e8b400", "low": "#19a7b8"}
"""High is red, medium yellow, low cyan; an emergency is a high that calls the team, and a darker red."""
LANE, MOST_LETTERS = 19, 32
CONVERTER = "rsvg-convert"


@dataclass(frozen=True)
class Lane:
    """The alarms of one cause."""

    label: str
    bars: list[tuple[float, float, Priority, str]]
    """From, until, at which priority, what it is."""
    answers: list[tuple[float, str]]


def picture(
    record: Record,
    engine: Engine,
    told: Sequence[Told],
    *,
    other: tuple[str, Sequence[Told]] | None = None,
    at: datetime | None = None,
) -> str:
    """The session as SVG. `other` are the alarms of other limits, with their name; `at` marks an instant."""
    canvas = Canvas(record.opened_at.timestamp(), record.last.timestamp())
    for label, unit, height, series in PANELS:
        canvas.panel(label, unit, height, [(name, colour, _points(record, code)) for name, colour, code in series])
    canvas.panel("Infusion", "mg/min", 60, [("rate", "#444444", _rate(record, canvas.end))], measured=False)
    bottom = canvas.y
    _lanes(canvas, "Alarms as told", [*lanes(engine, told, _answers(record), canvas.end), *_others(record, told, canvas.end)])
    if other is not None:
        _lanes(canvas, f"Under {other[0]}", lanes(engine, other[1], {}, canvas.end))
    _moves(canvas, record, bottom)
    if at is not None:
        canvas.upright(at.timestamp(), TOP - 6, canvas.y, INK, width=1.5)
    canvas.axis((mark, f"{moment(mark):%H:%M}") for mark in marks(canvas.begin, canvas.end))
    _heading(canvas, record)
    return canvas.text(f"Session {record.head['session']['session_id']}")


def _heading(canvas: Canvas, record: Record) -> None:
    session = record.head["session"]
    simulated = "  (simulated readings)" if any(row["simulated"] for row in record.readings) else ""
    canvas.write(
        12,
        24,
        f"Session {short(session['session_id'])}, chair {session['chair']}, {record.opened_at:%Y-%m-%d} (UTC){simulated}",
        size=16,
        bold=True,
    )
    x = float(WIDTH - RIGHT)
    canvas.write(x, 24, "\u25bc answered", size=11, colour=FAINT, anchor="end")
    for number, priority in enumerate(COLOURS):
        canvas.write(x - 90 - 96 * number, 24, f"\u25a0 {priority}", size=11, colour=COLOURS[priority], anchor="end", bold=True)


def _points(record: Record, code: str) -> list[Point]:
    return [(seconds(row["measured_at"]), row["values"][code]) for row in record.readings if code in row["values"]]


def _rate(record: Record, end: float) -> list[Point]:
    """The ordered rate and its changes, as steps."""
    row = record.head["infusion"]
    if row is None:
        return []
    over = next((seconds(m["moved_at"]) for m in record.head["moves"] if m["move"] in ("end", "stop", "transfer")), end)
    full = row["dose_mg"] / row["duration_minutes"]
    found: list[Point] = [(seconds(row["changes"][0]["at"]), 0.0)]
    steps = [(seconds(one["at"]), full * one["percent"] / 100) for one in row["changes"]]
    for (at, rate), until in zip(steps, [*(at for at, _ in steps[1:]), over], strict=True):
        found += [(at, rate), (until, rate)]
    return [*found, (over, 0.0)]


def _answers(record: Record) -> dict[str, list[tuple[float, str]]]:
    found: dict[str, list[tuple[float, str]]] = {}
    for alarm in record.head["alarms"]:
        for answer in alarm["answers"]:
            said = f"{answer['answered_by']} ({answer['via']}) at {instant(answer['answered_at']):%H:%M:%S}"
            found.setdefault(alarm["cause"], []).append((seconds(answer["answered_at"]), said))
    return found


def lanes(engine: Engine, told: Sequence[Told], answers: dict[str, list[tuple[float, str]]], end: float) -> list[Lane]:
    """A lane for each cause, in the order they were first told."""
    found: dict[str, Lane] = {}
    for one in told:
        lane = found.setdefault(one.cause, Lane(engine.title(one.steps[0].alarm), [], answers.get(one.cause, [])))
        ends = one.ended if one.ended is not None else end
        for step, after in zip(one.steps, [*(later.at for later in one.steps[1:]), ends], strict=True):
            lane.bars.append((step.at, after, step.priority, _hint(engine, step)))
    return list(found.values())


def _hint(engine: Engine, step: Step) -> str:
    return f"{engine.title(step.alarm)}, {step.priority} from {moment(step.at):%H:%M:%S}"


def _others(record: Record, told: Sequence[Told], end: float) -> list[Lane]:
    found: dict[str, Lane] = {}
    for row in record.others(told):
        answers = [(seconds(one["answered_at"]), one["answered_by"]) for one in row["answers"]]
        lane = found.setdefault(row["cause"], Lane(row["title"], [], []))
        lane.answers.extend(answers)
        ends = seconds(row["ended_at"]) if row["ended_at"] else end
        lane.bars.append((seconds(row["raised_at"]), ends, row["highest"], row["title"]))
    return list(found.values())


def _lanes(canvas: Canvas, label: str, found: Sequence[Lane]) -> None:
    canvas.write(12, canvas.y + 6, label if found else f"{label}: none", bold=True)
    canvas.y += 16
    for lane in found:
        text = lane.label if len(lane.label) <= MOST_LETTERS else f"{lane.label[: MOST_LETTERS - 1]}\u2026"
        canvas.write(LEFT - 8, canvas.y + 10, text, size=9, colour=FAINT, anchor="end")
        for begin, end, priority, hint in lane.bars:
            canvas.bar(begin, end, canvas.y + 2, LANE - 8, COLOURS[priority], hint=hint)
        for at, hint in lane.answers:
            canvas.tick(at, canvas.y + 5, INK, hint=hint)
        canvas.y += LANE
    canvas.y += 12


def _moves(canvas: Canvas, record: Record, bottom: float) -> None:
    last = -100.0
    row = 0
    for move in record.head["moves"]:
        at = seconds(move["moved_at"])
        if move["move"] in ("clear", "hold", "judge discharge"):
            continue
        canvas.upright(at, TOP - 6, bottom - 14, "#9aa5b1", dashed=True)
        row = (row + 1) % 2 if canvas.x(at) - last < 60 else 0
        last = canvas.x(at)
        anchor = "middle" if last < WIDTH - RIGHT - 30 else "end"
        canvas.write(last, TOP - 10 - 12 * row, move["move"], size=10, colour=FAINT, anchor=anchor)


def save(file: Path, svg: str) -> None:
    """Save a picture as .svg, or as .png where a converter is installed. Raises Problem."""
    try:
        if file.suffix == ".svg":
            file.write_text(svg, encoding="utf-8")
            return
        if shutil.which(CONVERTER) is None:
            raise Problem(
                f"Nothing here makes a PNG of a picture: there is no {CONVERTER}.",
                todo=f"Save it as {file.with_suffix('.svg').name}, or install librsvg (on Debian: librsvg2-bin).",
            )
        subprocess.run([CONVERTER, "--zoom", "2", "--output", str(file)], input=svg.encode(), check=True, capture_output=True)
    except OSError as error:
        raise Problem(f"{file} cannot be written: {error.strerror}.", todo="Name another file by --plot.") from error
    except subprocess.CalledProcessError as error:
        raise Problem(f"{CONVERTER} failed: {error.stderr.decode(errors='replace').strip()}", todo="Save it as .svg.") from error
