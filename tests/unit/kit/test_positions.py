"""A key's partition is the one that any Kafka client would choose: the hashes are those of Kafka's own tests."""

import pytest
from aiokafka.partitioner import DefaultPartitioner

from kit.kafka import partition_of
from kit.positions import unread

HASHES = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


@pytest.mark.parametrize(("key", "hashed"), HASHES.items())
def test_a_key_goes_where_kafkas_java_client_sends_it(key: str, hashed: int) -> None:
    assert partition_of(key, 6) == (hashed & 0x7FFFFFFF) % 6


def test_a_key_goes_where_our_own_client_sends_it() -> None:
    there = list(range(6))
    for number in range(1000):
        assert partition_of(f"key {number}", 6) == DefaultPartitioner()(f"key {number}".encode(), there, there)


def test_what_was_read_beyond_what_was_noted_makes_up_for_nothing() -> None:
    assert unread({("vitals", 0): 10, ("vitals", 1): 5}, {("vitals", 0): 100}) == 5
