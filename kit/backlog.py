"""Backlog: what was read and not handled yet. Of a long one, urgent events go first, never before earlier ones of their key."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from aiokafka import TopicPartition

from kit.cloudevents import event_of, type_of
from kit.errors import Rejected

Urgent = Mapping[type[Any], Callable[[Any], bool]]
"""Which events overtake those of other keys when many wait: a life may hang on them."""

MAX_BATCH = 500
"""Records in one transaction."""
AHEAD = 5_000
"""Records to look through for urgent ones."""
SHORT = 25
"""Records in one transaction where an urgent one may come meanwhile: it waits for no more than these."""


class Backlog:
    """Records by partition, in their order. Without urgent kinds nothing is read ahead."""

    def __init__(self, urgent: Urgent) -> None:
        self._urgent = {kind.__name__: (kind, is_urgent) for kind, is_urgent in urgent.items()}
        self._held: dict[TopicPartition, list[Any]] = {}
        self._looked: dict[TopicPartition, int] = {}
        self.batch = SHORT if urgent else MAX_BATCH
        self.most = AHEAD if urgent else MAX_BATCH

    def __len__(self) -> int:
        """How many records wait."""
        return sum(map(len, self._held.values()))

    def add(self, polled: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Hold what was read."""
        for partition, records in polled.items():
            self._held.setdefault(partition, []).extend(records)

    def clear(self) -> None:
        """Forget everything: it will be read again, here or elsewhere."""
        self._held.clear()
        self._looked.clear()

    def overtaking(self, in_turn_until: Mapping[TopicPartition, int]) -> Iterator[tuple[TopicPartition, list[Any]]]:
        """Urgent records not looked at before, each behind all that wait under its key. Some partitions go in turn a while."""
        if len(self) <= self.batch:
            return
        for partition, records in list(self._held.items()):
            if records[0].offset < in_turn_until.get(partition, 0):
                continue
            seen = self._looked.get(partition, -1)
            last = {record.key: record.offset for record in records if record.offset > seen and self._is_urgent(record)}
            self._looked[partition] = records[-1].offset
            if last:
                yield partition, [record for record in records if record.offset <= last.get(record.key, -1)]

    def take(self) -> dict[TopicPartition, list[Any]]:
        """The first of each partition, a batch in all."""
        share = self.batch if len(self) <= self.batch else -(-self.batch // len(self._held))
        taken = {partition: list(islice(records, share)) for partition, records in self._held.items()}
        for partition, records in taken.items():
            del self._held[partition][: len(records)]
            if not self._held[partition]:
                del self._held[partition]
        return taken

    def _is_urgent(self, record: Any) -> bool:
        found = self._urgent.get(type_of(record.headers) or "")
        if found is None:
            return False
        kind, is_urgent = found
        try:
            return is_urgent(event_of(kind, record.value))
        except Rejected:
            return False
