"""The outbox: what is said is published in its order, whatever its size, and what is too large is refused where it is said."""

from pathlib import Path
from uuid import uuid4

import pytest

from kit.db import MAX_EVENT_BYTES
from kit.errors import Rejected
from kit.service import Service
from kit.settings import Settings
from schemas.scheduling.waitlist import WAITLIST, WaitlistJoined
from tests.integration.kit.stages import MORNING, stage

SERVICE = Service(name="scheduling", settings=Settings)
PATIENT = uuid4()


def joined(*reasons: str) -> WaitlistJoined:
    return WaitlistJoined(patient_id=PATIENT, order_id=uuid4(), reasons=reasons, joined_at=MORNING)


async def test_large_and_small_are_published_in_their_order(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    said = [joined("x" * size) for size in (10, 880_000, 10, 300_000, 10, 880_000, 200_000, 10)]
    async with stage(SERVICE, kafka, database, prefix, tmp_path) as there:
        async with there.running["scheduling"].store.transaction() as tx:
            for event in said:
                tx.emit(event)
        await there.settle()
        found = await there.said(WAITLIST)
        assert [event for _, event in found] == said
        assert [envelope.sequence for envelope, _ in found] == list(range(1, len(said) + 1))


@pytest.mark.parametrize("letter", ["x", "\N{SNOWMAN}"])
async def test_what_no_broker_would_take_is_refused_by_its_bytes(
    kafka: str, database: str, prefix: str, tmp_path: Path, letter: str
) -> None:
    largest = MAX_EVENT_BYTES // len(letter.encode())
    async with stage(SERVICE, kafka, database, prefix, tmp_path) as there:
        async with there.running["scheduling"].store.transaction() as tx:
            with pytest.raises(Rejected, match="larger than"):
                tx.emit(joined(letter * largest))
            tx.emit(joined(letter * (largest - 500)))
        await there.settle()
        assert len(await there.said(WAITLIST)) == 1
