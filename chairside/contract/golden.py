"""Goldens: the released JSON Schema of each event, with examples beside it."""

import json
from pathlib import Path
from typing import Any

from chairside.contract.compatible import breaks
from chairside.contract.examples import examples
from schemas.catalogue import events
from schemas.event import Event

GOLDEN = Path(__file__).parents[2] / "schemas" / "golden"


def schema(event: type[Event]) -> dict[str, Any]:
    """An event's JSON Schema as readers see it."""
    return event.model_json_schema(mode="validation")


def wanted() -> dict[Path, str]:
    """Every golden file, as it should be."""
    found: dict[Path, str] = {}
    for name, (event, _) in sorted(events().items()):
        found[Path(f"{name}.json")] = _text(schema(event))
        found[Path("examples") / f"{name}.json"] = _text(examples(event))
    return found


def broken(folder: Path = GOLDEN) -> list[str]:
    """What today's events would break of what was released; an event that is gone breaks its readers, too."""
    found = []
    for file in sorted(folder.glob("*.json")):
        if file.stem not in events():
            found.append(f"{file.stem} is gone: its readers wait for it; keep it, and say the new fact under a new name")
        else:
            found += breaks(file.stem, json.loads(file.read_text()), schema(events()[file.stem][0]))
    return found


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"
