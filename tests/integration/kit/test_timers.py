"""Timers: judged when due, once, by whoever comes first; and silence is judged after reading."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from prometheus_client import CollectorRegistry

from benchmarks.probe import order
from kit import clock
from kit.cloudevents import headers_of
from kit.db import Tx
from kit.service import Running, Service
from kit.settings import Settings
from kit.timers import SHORT, Timer
from schemas.event import Envelope
from schemas.intake.orders import ORDERS, OrderSigned
from schemas.topic import Topic
from tests.integration.kit.stages import MORNING, stage


class Reminder(Timer):
    """Something to be reminded of."""

    what: str = ""


class Silence(Timer):
    """No order came."""

    waits_for: ClassVar[tuple[Topic, ...]] = (ORDERS,)


class Book:
    """What the handlers saw."""

    def __init__(self) -> None:
        self.judged: list[tuple[str, datetime, datetime | None]] = []
        self.fail_once = False

    async def remind(self, timer: Reminder, tx: Tx) -> None:
        if self.fail_once:
            self.fail_once = False
            raise RuntimeError("a bug")
        self.judged.append((timer.what, tx.now, tx.due_at))

    def service(self, **more: Any) -> Service:
        return Service(name="scheduling", settings=Settings, timers={Reminder: self.remind}, **more)


async def test_of_many_that_are_due_the_urgent_one_is_judged_first_even_when_it_comes_due_meanwhile(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    book = Book()

    async def remind(timer: Reminder, tx: Tx) -> None:
        await book.remind(timer, tx)
        if len(book.judged) == 60:
            tx.arm(Reminder(what="meanwhile"), key="998", at=tx.now, priority=2)

    service = Service(name="scheduling", settings=Settings, timers={Reminder: remind})
    async with stage(service, kafka, database, prefix, tmp_path) as there:
        async with there.running["scheduling"].store.transaction() as tx:
            for number in range(150):
                tx.arm(Reminder(what="advisory"), key=f"{number:03}", at=MORNING + timedelta(minutes=1))
            tx.arm(Reminder(what="alarm"), key="999", at=MORNING + timedelta(minutes=2), priority=2)
        there.clock.turn_to(MORNING + timedelta(minutes=3))
        await there.settle()
    judged = [what for what, _, _ in book.judged]
    assert judged[0] == "alarm"
    assert judged.index("meanwhile") < 60 + 2 * SHORT
    assert len(judged) == 152


async def test_a_timer_is_judged_when_due_and_not_before(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    book = Book()
    async with stage(book.service(), kafka, database, prefix, tmp_path) as there:
        async with there.running["scheduling"].store.transaction() as tx:
            tx.arm(Reminder(what="early"), key="a", at=MORNING + timedelta(minutes=5))
            tx.arm(Reminder(what="late"), key="b", at=MORNING + timedelta(minutes=9))
        await there.advance(minutes=4)
        assert book.judged == []
        await there.advance(minutes=3)
        assert book.judged == [("early", MORNING + timedelta(minutes=5), MORNING + timedelta(minutes=5))]
        await there.advance(minutes=30)
        assert [what for what, *_ in book.judged] == ["early", "late"]


async def test_arming_again_moves_and_disarming_takes_back(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    book = Book()
    async with stage(book.service(), kafka, database, prefix, tmp_path) as there:
        store = there.running["scheduling"].store
        async with store.transaction() as tx:
            tx.arm(Reminder(what="first"), key="a", at=MORNING + timedelta(minutes=1))
            tx.arm(Reminder(what="gone"), key="b", at=MORNING + timedelta(minutes=1))
        async with store.transaction() as tx:
            tx.arm(Reminder(what="moved"), key="a", at=MORNING + timedelta(minutes=10))
            tx.disarm(Reminder, key="b")
        await there.advance(minutes=9)
        assert book.judged == []
        await there.advance(minutes=2)
        assert [what for what, *_ in book.judged] == ["moved"]


async def test_two_replicas_judge_each_timer_once(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    book = Book()
    async with stage(book.service(), kafka, database, prefix, tmp_path) as there:
        first = there.running["scheduling"]
        second = Running(first.service, first.settings, there.clock, CollectorRegistry())
        await second.open()
        stop = asyncio.Event()
        replica = asyncio.create_task(second.run(stop))
        async with first.store.transaction() as tx:
            for number in range(200):
                tx.arm(Reminder(what=str(number)), key=str(number), at=MORNING + timedelta(minutes=1))
        await there.advance(minutes=2)
        stop.set()
        await replica
        await second.close()
    assert sorted(int(what) for what, *_ in book.judged) == list(range(200))


async def test_a_timer_whose_handler_fails_is_tried_again_and_holds_up_no_other(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    book = Book()
    async with stage(book.service(), kafka, database, prefix, tmp_path) as there:
        book.fail_once = True
        async with there.running["scheduling"].store.transaction() as tx:
            tx.arm(Reminder(what="failing"), key="a", at=MORNING + timedelta(minutes=1))
            tx.arm(Reminder(what="other"), key="b", at=MORNING + timedelta(minutes=1))
        await there.advance(minutes=1)
    assert [what for what, *_ in book.judged] == ["other", "failing"]


async def test_silence_is_judged_only_after_what_was_said_is_read(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    heard, silent, blind = [], [], []
    may_read = asyncio.Event()
    may_read.set()

    async def hear(event: OrderSigned, tx: Tx) -> None:
        await may_read.wait()
        heard.append(event.infusions)

    async def judge(timer: Silence, tx: Tx) -> None:
        silent.append(list(heard))

    async def told(tx: Tx) -> None:
        blind.append(tx.now)

    service = Service(
        name="scheduling",
        settings=Settings,
        consumes={ORDERS: {OrderSigned: hear}},
        timers={Silence: judge},
        on_blind=told,
    )
    async with stage(service, kafka, database, prefix, tmp_path) as there:
        running = there.running["scheduling"]
        running.timers.blind_after = 0.3
        event = order(1, 7)
        may_read.clear()
        async with running.store.transaction() as tx:
            tx.arm(Silence(), key=str(event.patient_id), at=MORNING + timedelta(seconds=1))
        await _say(kafka, prefix, event)
        there.clock.turn_to(MORNING + timedelta(seconds=2))
        async with asyncio.timeout(10):
            while not blind:
                await asyncio.sleep(0.01)
        assert silent == [], "silence was judged while an order lay unread"
        may_read.set()
        await there.settle()
    assert silent == [[7]]
    assert len(blind) == 1


async def _say(kafka: str, prefix: str, event: OrderSigned) -> None:
    from aiokafka import AIOKafkaProducer

    key = str(event.patient_id)
    envelope = Envelope(
        id=clock.new_id(), type="OrderSigned", source="intake", time=MORNING, subject=key, correlation_id=event.order_id
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        value = event.model_dump_json().encode()
        await producer.send_and_wait(ORDERS.kafka_name(prefix), value=value, key=key.encode(), headers=headers_of(envelope))
    finally:
        await producer.stop()
