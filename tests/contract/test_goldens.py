"""Released schemas: fresh, never broken, and their examples still decode."""

import copy
import json
from typing import Any

import pytest

from chairside.contract import golden
from chairside.contract.compatible import breaks
from chairside.contract.update import main, stale
from schemas.catalogue import events
from schemas.event import Event

OLD: dict[str, Any] = {
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"enum": ["a", "b"], "type": "string"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "part": {"$ref": "#/$defs/Part"},
        "list": {"type": "array", "items": {"type": "integer"}},
    },
    "required": ["id", "kind"],
    "$defs": {"Part": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}},
}


def changed(**changes: Any) -> dict[str, Any]:
    new = copy.deepcopy(OLD)
    for name, field in changes.items():
        if field is None:
            del new["properties"][name]
        else:
            new["properties"][name] = field
    return new


TABLE = [
    ("nothing changed", changed(), []),
    ("an optional field is added", changed(more={"type": "string", "default": ""}), []),
    ("a field is gone", changed(note=None), ["E.note is gone"]),
    ("a type is another", changed(id={"type": "integer"}), ["E.id no longer takes string (uuid)", "E.id may now be integer"]),
    ("a null is no longer taken", changed(note={"type": "string"}), ["E.note no longer takes null"]),
    ("a value is gone", changed(kind={"enum": ["a"], "type": "string"}), ["E.kind lost the value 'b'"]),
    ("a value is added", changed(kind={"enum": ["a", "b", "c"], "type": "string"}), ["E.kind gained the value 'c'"]),
    (
        "the items are others",
        changed(list={"type": "array", "items": {"type": "string"}}),
        ["E.list[] no longer takes integer", "E.list[] may"],
    ),
    ("a field became required", changed() | {"required": ["id", "kind", "note"]}, ["E.note became required"]),
    (
        "a required field is added",
        changed(more={"type": "string"}) | {"required": ["id", "kind", "more"]},
        ["E.more is new and required"],
    ),
    (
        "a part's field is gone",
        changed() | {"$defs": {"Part": {"type": "object", "properties": {}}}},
        ["E.part.x is gone"],
    ),
]


@pytest.mark.parametrize(("new", "said"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_gate(new: dict[str, Any], said: list[str]) -> None:
    found = breaks("E", OLD, new)
    assert len(found) == len(said), found
    assert all(any(fault.startswith(begin) for fault in found) for begin in said), found


def test_nothing_that_was_released_is_broken() -> None:
    assert golden.broken() == []


def test_an_event_that_is_gone_is_refused(tmp_path: Any) -> None:
    (tmp_path / "EventOfYesterday.json").write_text("{}")
    assert "EventOfYesterday is gone" in golden.broken(tmp_path)[0]


def test_what_is_generated_is_fresh() -> None:
    assert stale() == [], "run make update"
    assert main(["--check"]) == 0


@pytest.mark.parametrize("name", sorted(file.stem for file in golden.GOLDEN.glob("*.json")))
def test_released_examples_still_decode(name: str) -> None:
    event: type[Event] = events()[name][0]
    messages = json.loads((golden.GOLDEN / "examples" / f"{name}.json").read_text())
    assert messages
    for message in messages:
        decoded = event.model_validate_json(json.dumps(message | {"field_of_tomorrow": 1}))
        assert decoded.model_dump(mode="json") == message


def test_each_choice_is_seen_in_an_example() -> None:
    messages = json.loads((golden.GOLDEN / "examples" / "AlarmRaised.json").read_text())
    assert {message["priority"] for message in messages} == {"low", "medium", "high", "emergency"}
    assert None in {message["session_id"] for message in messages}
