"""Arrow: alarm -> page. A poisoned alarm delays no later one, and pages somebody itself."""

from aiokafka import AIOKafkaProducer

from kit import clock
from kit.cloudevents import headers_of
from schemas.event import Envelope
from schemas.monitoring.alarms import ALARMS, AlarmRaised
from schemas.notifications.pages import PAGES, PageOpened
from tests.story.clinic import Clinic
from tests.story.conftest import clinic as clinic


async def test_a_poisoned_alarm_delays_no_later_alarm_and_pages_somebody(clinic: Clinic) -> None:
    now = clinic.stage.clock.now()
    good = AlarmRaised(
        alarm_id=clock.new_id(), code="A7", title="oxygen saturation low", kind="physiological", priority="high",
        session_id=clock.new_id(), chair=1, limits_version="t", raised_at=now,
    )  # fmt: skip
    key = str(good.session_id).encode()
    producer = AIOKafkaProducer(bootstrap_servers=clinic.stage.kafka)
    await producer.start()
    for value in (b'{"alarm_id": "no uuid"}', b"\xff\xfe", good.model_dump_json().encode()):
        envelope = Envelope(
            id=clock.new_id(),
            type="AlarmRaised",
            source="monitoring",
            time=now,
            subject=key.decode(),
            correlation_id=clock.new_id(),
        )
        await producer.send_and_wait(ALARMS.kafka_name(clinic.stage.prefix), value=value, key=key, headers=headers_of(envelope))
    await producer.stop()
    await clinic.stage.settle()
    told = {(page["staff_id"], page["text"].split(":")[1].split(",")[0].strip()) for page in clinic.pager.pages}
    unread = "HIGH a message could not be read; a patient may be concerned"
    assert told == {("nurse-1", "HIGH oxygen saturation low"), ("charge-1", unread), ("dr-lee", unread)}
    opened = await clinic.events(PAGES, PageOpened)
    assert sorted(page.subject for page in opened) == ["alarm", "dead letter"], "two letters of one source are one page"
    pool = clinic.stage.running["notifications"].store.pool
    assert await pool.fetchval("SELECT count(*) FROM kit.dead_letters WHERE state = 'set aside'") == 2
