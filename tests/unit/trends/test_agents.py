"""The agents take each fact once, drop what is over, and tell what is quiet; a dict stands for the table."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from schemas.event import Event
from schemas.monitoring.alarms import ALARMS
from schemas.monitoring.sessions import SESSIONS
from schemas.monitoring.vitals import VITALS
from schemas.topic import Topic
from schemas.trends.trends import AlarmLoadComputed, AlarmLoadCounted, SessionSummarised
from services.trends.agent.adding import Adding
from services.trends.agent.carefully import Fact
from services.trends.agent.following import Following
from services.trends.agent.telling import Telling
from tests.unit.trends.facts import EIGHT, SESSION, Said, answered, discharged, raised, reading, started


class Heard:
    """A voice whose words are kept."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Event]] = []

    async def say(self, event: Event, named: str, *_: Any) -> None:
        self.events.append((named, event))


def fact(said: Said, topic: Topic, offset: int, hours: float = 0) -> Fact:
    envelope, event = said
    later = envelope.model_copy(update={"time": EIGHT + timedelta(hours=hours)})
    return Fact(event, later, envelope.subject, topic.name, 0, offset)


async def test_a_fact_that_comes_again_changes_nothing_and_says_nothing() -> None:
    table: dict[str, Any] = {}
    voice: Any = Heard()
    following = Following(table, voice)
    for one in (fact(started(0), SESSIONS, 0), fact(raised(1, 5, "high"), ALARMS, 0), fact(answered(1, 9, "high"), ALARMS, 1)):
        await following.take(one)
        row, said = dict(table[str(SESSION)]), len(voice.events)
        await following.take(one)
        assert (table[str(SESSION)], len(voice.events)) == (row, said)
    assert [named for named, _ in voice.events] == ["count sessions 0 0", "count alarms 0 0", "count alarms 0 1"]


async def test_a_count_that_is_said_again_counts_once() -> None:
    voice: Any = Heard()
    await Following({}, voice).take(fact(raised(1, 5, "high"), ALARMS, 7))
    [(_, counted)] = voice.events
    assert isinstance(counted, AlarmLoadCounted)
    added: Any = Heard()
    adding = Adding({}, added)
    for offset in (0, 1):
        envelope, _ = raised(1, 5, "high")
        await adding.take(Fact(counted, envelope, "clinic", "trends", 0, offset))
    [(_, hour)] = added.events
    assert isinstance(hour, AlarmLoadComputed)
    assert hour.alarms[0].told == 1


async def test_rows_go_when_every_topic_is_past_them() -> None:
    table: dict[str, Any] = {}
    voice: Any = Heard()
    following, other = Following(table, voice), UUID(int=9)
    await following.take(fact(started(0), SESSIONS, 0))
    await following.take(fact(discharged(60), SESSIONS, 1))
    await following.take(fact(started(9, other), SESSIONS, 2, hours=8))
    await following.take(fact(reading(9, other, sys=1), VITALS, 0, hours=8))
    assert str(SESSION) in table
    await following.take(fact(raised(1, 9, "low", other), ALARMS, 0, hours=8))
    assert list(table) == [str(other)]


async def test_a_summary_is_told_once_it_is_quiet_and_again_when_it_changes() -> None:
    table: dict[str, Any] = {}
    voice: Any = Heard()
    silent: Any = Heard()
    following, telling = Following(table, silent), Telling(table, voice)
    await following.take(fact(started(0), SESSIONS, 0))
    await telling.tell()
    await following.take(fact(discharged(600), SESSIONS, 1))
    await telling.tell()
    assert voice.events == []
    await telling.tell()
    await telling.tell()
    assert len(voice.events) == 1
    await following.take(fact(reading(300, sys=120), VITALS, 0))
    for _ in range(3):
        await telling.tell()
    [_, (_, again)] = voice.events
    assert isinstance(again, SessionSummarised)
    assert again.signs[0].samples == 1
