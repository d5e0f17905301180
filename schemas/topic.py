"""Topic: where events of a kind are said, in what order, for how long, and what a reader does with one it can't use."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from schemas.event import Event

OnRejected = Literal["park", "set aside"]
SESSION_PARTITIONS = 6
"""One count for every topic keyed by session, so that a session's facts meet in one place."""


@dataclass(frozen=True, eq=False)
class Topic:
    """A topic's contract. `name` is unique in the house, and it is a path: `schemas/<producer>/<name>.py`.

    `key` names the event fields that may key a record; the first that is not null is used. `on_rejected` is what
    happens to later events of a key after one that can never work: `park` makes them wait, `set aside` lets them pass.
    """

    name: str
    producer: str
    events: tuple[type[Event], ...]
    key: tuple[str, ...]
    partitions: int = 3
    retention: timedelta = timedelta(days=30)
    on_rejected: OnRejected = "park"

    def __post_init__(self) -> None:
        if self.on_rejected not in get_args(OnRejected):
            raise ValueError(f"topic {self.name}: on_rejected is {self.on_rejected!r}, expected one of {get_args(OnRejected)}")
        for event in self.events:
            if not set(self.key) & set(event.model_fields):
                raise ValueError(f"topic {self.name}: {event.__name__} has none of the key fields {self.key}")

    def key_of(self, event: Event) -> str:
        """The record key of an event: the first key field that is not null. Raises ValueError when all are null."""
        for field in self.key:
            value = getattr(event, field, None)
            if value is not None:
                return str(value)
        raise ValueError(f"{type(event).__name__} has no key: one of {self.key} must be given")

    def kafka_name(self, prefix: str) -> str:
        """The name on the broker: `<prefix>.<producer>.<name>.v1`."""
        return f"{prefix}.{self.producer}.{self.name}.v1"
