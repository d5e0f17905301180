"""Play a real bedside recording to a running clinic."""

import json as jsonlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from chairside.clinic import Clinic, find
from chairside.commands.simulate import simulated, told
from chairside.embedded.datadir import Data
from chairside.foreground import foreground
from chairside.problem import Problem
from chairside.replay.recording import Recording, recording
from chairside.replay.wfdb import RecordRefused
from chairside.simulator.morning import Plan
from chairside.simulator.presets import presets, scripts
from chairside.simulator.visit import Outcome
from chairside.view.feed import Feed
from chairside.view.picture import Picture
from chairside.view.telling import lasted


def command(
    record: Annotated[
        Path,
        typer.Argument(help="A WFDB record with an ECG, a plethysmogram or an arterial pressure: its name with or without .hea."),
    ],
    speed: Annotated[float, typer.Option(min=0.1, max=20, help="Recorded seconds per second of the clinic's time.")] = 1.0,
    lead: Annotated[
        str | None,
        typer.Option(
            help="The ECG lead the heart rate is counted in; else the one that goes longest without a beat being found."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same patient.")] = 1,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Say what happened as one JSON object.")] = False,
) -> None:
    """Stream a real recording as one patient's monitor during the infusion, and say who was told of what.

    A simulated patient goes the whole way through the clinic. The readings before the infusion, and those after the
    recording has ended, are simulated and say so; those in between are the recording's: rates of the beats found in the ECG and
    in the plethysmogram, each for itself, and pressures beat to beat. It says first what it derived from which signal, and what
    it could not. The ECG is counted as Pan and Tompkins published it, which artefact can deafen: such a false asystole is worth
    playing. How fast it goes is the clinic's clock.
    """
    try:
        found = recording(record, lead)
    except RecordRefused as refused:
        raise Problem(
            f"{refused}.", todo="Name a WFDB record, as in replay FOLDER/RECORD (formats 16 and 212, one segment)."
        ) from refused
    result = foreground(_replay(find(data), found, speed, seed, quiet=json))
    if result is None:
        raise typer.Exit(130)
    outcome, picture = result
    happened = _happened(outcome, picture)
    if json:
        about = {
            "record": found.name,
            "seconds": len(found.seconds),
            "signals": found.signals,
            "derived": found.derived,
            "played": outcome.played,
        }
        print(jsonlib.dumps({"recording": about, "outcome": asdict(outcome), **happened}, default=str))
    else:
        _say(outcome, happened)
    raise typer.Exit(outcome.how == "fault")


async def _replay(clinic: Clinic, found: Recording, speed: float, seed: int, *, quiet: bool) -> tuple[Outcome, Picture]:
    if not quiet:
        print(f"{found.name}: {found.minutes:.0f} minutes of a real monitor ({', '.join(found.signals)}).")
        for line in found.derived:
            print(f"  {line}")
        print("The patient, and the readings before and after the recording, are simulated.")
    quiet_day = scripts().named("S1")
    assert quiet_day is not None
    default = presets().named(presets().default)
    assert default is not None
    plan = Plan(1, default, (quiet_day,), seed, recording=found, speed=speed)
    (outcome,) = await simulated(clinic, plan, quiet=quiet)
    picture = Picture()
    async with Feed(clinic.kafka, clinic.prefix) as feed:
        await feed.catch_up(picture)
    return outcome, picture


def _happened(outcome: Outcome, picture: Picture) -> dict[str, Any]:
    """The alarms of the session, and who was paged for them."""
    session = UUID(outcome.session_id) if outcome.session_id else None
    alarms = sorted(
        (a for a in picture.alarms.values() if a.session_id == session and a.raised_at), key=lambda a: str(a.raised_at)
    )
    pages = sorted((p for p in picture.pages.values() if p.session_id == session), key=lambda p: str(p.opened_at))
    began = picture.sessions[session].infusion_began if session in picture.sessions else None
    return {
        "alarms": [
            {
                "code": alarm.code,
                "title": alarm.title,
                "detail": alarm.detail,
                "priority": alarm.highest,
                "seconds_into_infusion": (alarm.raised_at - began).total_seconds() if began and alarm.raised_at else None,
                "answered_by": alarm.answered_by,
            }
            for alarm in alarms
        ],
        "pages": [
            {"priority": page.priority, "told": page.told, "step": page.step, "answer": answer and asdict(answer)}
            for page, answer in ((page, picture.answer(page)) for page in pages)
        ],
    }


def _say(outcome: Outcome, happened: dict[str, Any]) -> None:
    print(told(outcome))
    print(f"{outcome.played} seconds of the recording were played.")
    for alarm in happened["alarms"]:
        into = (
            f", {lasted(alarm['seconds_into_infusion'])} into the infusion" if alarm["seconds_into_infusion"] is not None else ""
        )
        why = f" ({alarm['detail']})" if alarm["detail"] else ""
        print(f"alarm  {alarm['priority']:<9} {alarm['code']:<10} {alarm['title']}{why}{into}")
    for page in happened["pages"]:
        answer = page["answer"]
        how = f"{answer['by']} answered after {lasted(answer['seconds'])}" if answer else "no answer"
        print(f"page   {page['priority']:<9} told {', '.join(page['told']) or 'nobody'}; {how}")
    if not happened["alarms"]:
        print("No alarm was raised.")
