"""Arrow: outbox row -> relay -> Kafka."""

import signal

from kit.outbox import STANDS_STILL_AFTER
from tests.failure.world import World


async def test_relay_killed_between_broker_ack_and_mark_says_again_and_nothing_is_applied_twice(world: World) -> None:
    applier = world.start("applier")
    dying = world.start("source", PROBE_DIE_AT="mark", PROBE_FLAG=str(world.folder / "died"))
    await world.emit(range(1, 11))
    assert await dying.ended() == -signal.SIGKILL
    world.start("source")
    await world.applied(200)
    await world.answered()
    await world.said()
    await applier.ready()
    found = await world.account()
    assert found.clean, found
    assert found.repeated_on_topic > 0, "the kill did not fall between the ack and the mark"


async def test_relay_that_stands_still_is_replaced(world: World) -> None:
    world.start("applier")
    still = world.start("source")
    await still.ready()
    await world.emit(range(1, 3))
    await world.applied(40)
    still.send(signal.SIGSTOP)
    world.start("source")
    await world.emit(range(3, 6))
    await world.applied(100, within=6 * STANDS_STILL_AFTER)
    still.send(signal.SIGCONT)
    await world.emit(range(6, 8))
    await world.applied(140)
    await world.answered()
    found = await world.account()
    assert found.clean, found


async def test_two_replicas_share_the_work_and_the_leaders_work_moves_on_after_a_kill(world: World) -> None:
    sources = [world.start("source"), world.start("source")]
    appliers = [world.start("applier", CHAIRSIDE_INSTANCE=str(number)) for number in range(2)]
    for process in (*sources, *appliers):
        await process.ready()
    await world.emit(range(1, 11))
    await world.applied(200)
    leader = await _leader(world)
    sources[leader].send(signal.SIGKILL)
    appliers[0].send(signal.SIGKILL)
    await world.emit(range(11, 21))
    await world.applied(400)
    await world.answered()
    found = await world.account()
    assert found.clean, found


async def _leader(world: World) -> int:
    """Which source holds the relay's lock, told by what is left when the first is gone: its own port's metric."""
    import httpx2

    async with httpx2.AsyncClient() as client:
        for number, process in enumerate(p for p in world.processes if "source" in p.log.name):
            text = (await client.get(f"{process.url}/metrics")).text
            if any(line.startswith("chairside_relay_leading") and line.endswith(" 1.0") for line in text.splitlines()):
                return number
    raise AssertionError("no source leads")
