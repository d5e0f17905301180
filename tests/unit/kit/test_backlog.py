"""A backlog: urgent records are found, behind what waits under their key, and everything is taken once, in its order."""

from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from benchmarks.probe import order
from kit.backlog import AHEAD, MAX_BATCH, SHORT, Backlog
from schemas.intake.orders import OrderSigned

PLACE = TopicPartition("orders", 0)
OTHER = TopicPartition("orders", 1)


def record(offset: int, key: int, indication: str = "IND-TRD") -> Any:
    event = order(key, offset + 1, indication=indication)
    headers = [("ce_type", b"OrderSigned")]
    return SimpleNamespace(offset=offset, key=str(key).encode(), value=event.model_dump_json().encode(), headers=headers)


def backlog() -> Backlog:
    return Backlog({OrderSigned: lambda event: event.indication == "urgent"})


def found(there: Backlog, in_turn_until: dict[TopicPartition, int] | None = None) -> dict[int, list[int]]:
    overtaking = there.overtaking(in_turn_until or {})
    return {place.partition: [record.offset for record in records] for place, records in overtaking}


def test_an_urgent_record_overtakes_with_all_that_wait_before_it_under_its_key() -> None:
    there = backlog()
    there.add({PLACE: [*(record(n, n % 10) for n in range(95)), record(95, 5, "urgent"), record(96, 5)], OTHER: [record(0, 77)]})
    assert found(there) == {0: [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]}
    assert found(there) == {}, "each is looked at once"
    there.add({PLACE: [record(97, 7), record(98, 5, "urgent")]})
    assert found(there) == {0: [5, 15, 25, 35, 45, 55, 65, 75, 85, 95, 96, 98]}


def test_in_a_short_backlog_and_where_a_partition_goes_in_turn_nothing_overtakes() -> None:
    there = backlog()
    there.add({PLACE: [record(n, n) for n in range(SHORT - 1)] + [record(SHORT - 1, 99, "urgent")]})
    assert found(there) == {}
    there.add({PLACE: [record(SHORT, 100)]})
    assert found(there, {PLACE: 1}) == {}
    assert found(there, {PLACE: 0}) == {0: [SHORT - 1]}


def test_what_cannot_be_read_is_not_urgent() -> None:
    there = backlog()
    broken = SimpleNamespace(offset=0, key=b"1", value=b"{", headers=[("ce_type", b"OrderSigned")])
    strange = SimpleNamespace(offset=1, key=b"2", value=b"{", headers=[])
    there.add({PLACE: [broken, strange, *(record(n, n) for n in range(2, 40))]})
    assert found(there) == {}


def test_all_is_taken_once_in_its_order_a_share_of_each_partition_at_a_time() -> None:
    there, taken = backlog(), {PLACE: list[int](), OTHER: list[int]()}
    there.add({PLACE: [record(n, n) for n in range(60)], OTHER: [record(n, n) for n in range(20)]})
    while batch := there.take():
        assert sum(map(len, batch.values())) <= SHORT + 1
        for place, records in batch.items():
            taken[place] += [record.offset for record in records]
    assert taken == {PLACE: list(range(60)), OTHER: list(range(20))}
    assert len(there) == 0


def test_who_has_nothing_urgent_reads_nothing_ahead() -> None:
    there = Backlog({})
    there.add({PLACE: [record(n, n) for n in range(300)], OTHER: [record(n, n) for n in range(100)]})
    assert found(there) == {}
    assert {place: len(records) for place, records in there.take().items()} == {PLACE: 300, OTHER: 100}
    assert (there.most, backlog().most) == (MAX_BATCH, AHEAD)
