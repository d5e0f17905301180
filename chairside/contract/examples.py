"""Examples of an event, made from its fields alone: the same every time, with every choice and every null seen once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel

from schemas.event import Event

NAMES = UUID("1d5a4a57-0c4c-4c3e-8b1e-0b1d8a6a2f10")
BEGUN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def examples(event: type[Event]) -> list[dict[str, Any]]:
    """Messages of an event as JSON values: a full one, one with every null, and one more for each further choice."""
    full = _model(event, 0, nulls=False)
    found = [full, _model(event, 0, nulls=True)]
    most = max((len(list(_choices(field.annotation))) for field in event.model_fields.values()), default=1)
    found += [_model(event, number, nulls=False) for number in range(1, most)]
    messages = [event.model_validate(fields).model_dump(mode="json") for fields in found]
    return [message for number, message in enumerate(messages) if message not in messages[:number]]


def _model(model: type[BaseModel], choice: int, *, nulls: bool) -> dict[str, Any]:
    return {name: _value(field.annotation, name, choice, nulls=nulls) for name, field in model.model_fields.items()}


def _choices(annotation: Any) -> Iterator[Any]:
    kind = get_origin(annotation)
    if kind is Literal:
        yield from get_args(annotation)
    elif kind in (Union, UnionType):
        for part in get_args(annotation):
            if part is not NoneType:
                yield from _choices(part)
    else:
        yield annotation


def _value(annotation: Any, name: str, choice: int, *, nulls: bool) -> Any:
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        return _value(parts[0], name, choice, nulls=nulls)
    if kind is Literal:
        return parts[choice % len(parts)]
    if kind in (Union, UnionType):
        if nulls and NoneType in parts:
            return None
        return _value(next(part for part in parts if part is not NoneType), name, choice, nulls=nulls)
    if kind is tuple:
        return [] if nulls else [_value(parts[0], name, choice, nulls=nulls)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model(annotation, choice, nulls=nulls)
    return _scalar(annotation, name, choice)


def _scalar(kind: Any, name: str, choice: int) -> Any:
    seed = uuid5(NAMES, name)
    values: dict[Any, Any] = {
        UUID: str(uuid5(seed, str(choice))),
        AwareDatetime: (BEGUN + timedelta(minutes=seed.int % 60 + choice)).isoformat(),
        date: date(1985, 5, 5).isoformat(),
        str: f"{name.replace('_', '-')}-{choice + 1}",
        bool: choice % 2 == 0,
        int: 1 + choice,
        float: 1.5 + choice,
        Decimal: f"{1 + choice}.500",
    }
    if kind not in values:
        raise TypeError(f"no example is known for {kind!r} ({name}): teach chairside/contract/examples.py")
    return values[kind]
