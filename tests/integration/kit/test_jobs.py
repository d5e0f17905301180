"""Jobs: called outside any transaction, urgent ones first, again when refused for now, and never for ever."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from kit.db import Tx
from kit.errors import Rejected, TryLater
from kit.jobs import URGENT, Attempt, Calls, Job, Lane
from kit.service import Service
from kit.settings import Settings
from tests.integration.kit.stages import MORNING, stage


class Call(Job):
    """Call somebody."""

    attempts: ClassVar[int] = 3
    timeout: ClassVar[timedelta] = timedelta(milliseconds=200)
    backoff: ClassVar[timedelta] = timedelta(seconds=10)

    to: str


class Line:
    """The outside: what it was called with, and what it answers next."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, int]] = []
        self.ids: set[Any] = set()
        self.settled: list[tuple[str, str]] = []
        self.unknown = 0

    async def call(self, job: Call, attempt: Attempt) -> None:
        self.calls.append((job.to, attempt.number))
        self.ids.add(attempt.id)
        self.unknown = attempt.unknown_outcomes
        answer = self.answers.pop(0) if self.answers else None
        if answer == "silence":
            await asyncio.Event().wait()
        if answer is not None:
            raise answer

    async def done(self, job: Call, attempt: Attempt, tx: Tx) -> None:
        self.settled.append((job.to, "done"))

    async def failed(self, job: Call, attempt: Attempt, reason: str, tx: Tx) -> None:
        self.settled.append((job.to, reason))

    def service(self) -> Service:
        calls = Calls(call=self.call, done=self.done, failed=self.failed)
        return Service(name="scheduling", settings=Settings, jobs={Call: calls})


async def test_a_job_is_called_again_after_its_backoff_with_the_same_id(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    line = Line(TryLater("busy"), ConnectionResetError())
    async with stage(line.service(), kafka, database, prefix, tmp_path) as there:
        async with there.running["scheduling"].store.transaction() as tx:
            tx.defer(Call(to="a"))
        await there.advance(seconds=9)
        assert line.calls == [("a", 1)]
        await there.advance(seconds=1)
        assert line.calls == [("a", 1), ("a", 2)]
        await there.advance(seconds=20)
        assert line.calls == [("a", 1), ("a", 2), ("a", 3)]
        assert line.settled == [("a", "done")]
        assert len(line.ids) == 1


async def test_rejected_and_the_last_attempt_both_fail_for_good(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    line = Line(Rejected("no such number"))
    async with stage(line.service(), kafka, database, prefix, tmp_path) as there:
        async with there.running["scheduling"].store.transaction() as tx:
            tx.defer(Call(to="a"))
        await there.advance(minutes=5)
        assert (line.calls, line.settled) == ([("a", 1)], [("a", "no such number")])
        line.answers = [TryLater("busy")] * 3
        async with there.running["scheduling"].store.transaction() as tx:
            tx.defer(Call(to="b"))
        await there.advance(minutes=5)
        assert line.settled[1:] == [("b", "busy")]


async def test_an_unknown_outcome_is_repeated_and_counted(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    line = Line("silence")
    async with stage(line.service(), kafka, database, prefix, tmp_path) as there:
        async with there.running["scheduling"].store.transaction() as tx:
            tx.defer(Call(to="a"))
        await there.advance(seconds=30)
        assert (line.calls, line.settled, line.unknown) == ([("a", 1), ("a", 2)], [("a", "done")], 1)


async def test_the_most_urgent_job_is_called_first(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    line = Line()
    async with stage(line.service(), kafka, database, prefix, tmp_path) as there:
        running = there.running["scheduling"]
        running.workers.lanes = (Lane(least=0, most=3, places=1),)
        async with running.store.transaction() as tx:
            for number in range(20):
                tx.defer(Call(to=f"advisory {number}"), at=MORNING + timedelta(seconds=1))
            tx.defer(Call(to="alarm"), priority=3, at=MORNING + timedelta(seconds=2))
        there.clock.turn_to(MORNING + timedelta(seconds=3))
        await there.settle()
    assert line.calls[0] == ("alarm", 1)
    assert len(line.calls) == 21


class Hang(Call):
    """Call somebody who does not pick up for a while."""

    timeout: ClassVar[timedelta] = timedelta(seconds=20)


async def test_an_urgent_job_is_called_while_all_others_hang(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    hanging, let_go = Line(), asyncio.Event()
    called = asyncio.Event()

    async def hang(job: Hang, attempt: Attempt) -> None:
        hanging.calls.append((job.to, attempt.number))
        await let_go.wait()

    async def urgent(job: Call, attempt: Attempt) -> None:
        called.set()

    service = Service(
        name="scheduling",
        settings=Settings,
        jobs={
            Hang: Calls(call=hang, done=hanging.done, failed=hanging.failed),
            Call: Calls(call=urgent, done=hanging.done, failed=hanging.failed),
        },
    )
    async with stage(service, kafka, database, prefix, tmp_path) as there:
        workers = there.running["scheduling"].workers
        others = next(lane for lane in workers.lanes if lane.least < URGENT)
        async with there.running["scheduling"].store.transaction() as tx:
            for number in range(50):
                tx.defer(Hang(to=f"advisory {number}"), priority=URGENT - 1)
        async with asyncio.timeout(15):
            while others.running < others.places:
                await asyncio.sleep(0.01)
            async with there.running["scheduling"].store.transaction() as tx:
                tx.defer(Call(to="alarm"), priority=URGENT)
            await called.wait()
        assert hanging.settled in ([], [("alarm", "done")])
        assert len(hanging.calls) == others.places
        let_go.set()
        await there.settle()
    assert len(hanging.settled) == 51


async def test_urgent_jobs_that_hang_leave_the_others_their_places(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    line, let_go, called = Line(), asyncio.Event(), asyncio.Event()

    async def call(job: Hang, attempt: Attempt) -> None:
        if job.to == "reminder":
            called.set()
        else:
            await let_go.wait()

    service = Service(name="scheduling", settings=Settings, jobs={Hang: Calls(call=call, done=line.done, failed=line.failed)})
    async with stage(service, kafka, database, prefix, tmp_path) as there:
        async with there.running["scheduling"].store.transaction() as tx:
            for number in range(50):
                tx.defer(Hang(to=f"alarm {number}"), priority=URGENT)
            tx.defer(Hang(to="reminder"))
        await asyncio.wait_for(called.wait(), 15)
        let_go.set()
        await there.settle()
    assert len(line.settled) == 51
