"""JSON for rows that are written with every reading: pydantic's own writer and reader take a third of the standard library's time."""

from typing import Any

from pydantic_core import from_json, to_json

__all__ = ["from_json", "text"]


def text(value: Any) -> str:
    """A value as JSON text."""
    return to_json(value).decode()
