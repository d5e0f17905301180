"""Arrows to the servers themselves: the broker or the store goes away and comes back."""

import signal

from tests.failure.world import World


async def test_broker_stopped_and_restarted(own_world: World) -> None:
    world = own_world
    source, applier = world.start("source"), world.start("applier")
    await world.emit(range(1, 6))
    await world.applied(100)
    await world.house.stop_kafka()
    await world.emit(range(6, 11))
    await world.house.start_kafka()
    await world.emit(range(11, 13))
    await world.applied(240, within=90)
    await world.answered()
    found = await world.account()
    assert found.clean, found
    assert (source.popen.poll(), applier.popen.poll()) == (None, None), "a service ended instead of waiting"


async def test_sigterm_while_the_broker_is_gone_ends_within_10_seconds(own_world: World) -> None:
    world = own_world
    source, applier = world.start("source"), world.start("applier")
    await world.emit(range(1, 3))
    await world.applied(40)
    await world.house.stop_kafka()
    await world.emit(range(3, 5))
    for process in (source, applier):
        process.send(signal.SIGTERM)
    assert [await source.ended(within=10), await applier.ended(within=10)] == [0, 0]


async def test_database_stopped_and_restarted(own_world: World) -> None:
    world = own_world
    source, applier = world.start("source"), world.start("applier")
    await world.emit(range(1, 6))
    await world.applied(100)
    await world.house.stop_postgres()
    await world.house.start_postgres()
    await world.emit(range(6, 11))
    await world.applied(200, within=90)
    await world.answered()
    found = await world.account()
    assert found.clean, found
    assert (source.popen.poll(), applier.popen.poll()) == (None, None), "a service ended instead of waiting"
