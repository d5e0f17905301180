"""A second reader: the `cloudevents` package decodes what we write."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from kit.cloudevents import envelope_of, event_of, headers_of
from kit.errors import Rejected
from schemas.event import Envelope
from schemas.scheduling.waitlist import WaitlistJoined


def test_what_we_write_the_other_reader_reads() -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    event = WaitlistJoined(patient_id=uuid4(), order_id=uuid4(), reasons=("none free",), joined_at=now)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    envelope = Envelope(
        id=uuid4(), type="WaitlistJoined", source="scheduling", time=now, subject="k", correlation_id=uuid4(),
        causation_id=uuid4(), sequence=7, traceparent=trace,
    )  # fmt: skip
    headers = headers_of(envelope)
    read = from_binary(KafkaMessage(headers=dict(headers), key=b"k", value=event.model_dump_json().encode()), JSONFormat())
    assert (read.get_id(), read.get_type(), read.get_source(), read.get_subject()) == (
        str(envelope.id),
        "WaitlistJoined",
        "scheduling",
        "k",
    )
    assert read.get_time() == now
    extensions = [read.get_extension(name) for name in ("correlationid", "causationid", "sequence", "traceparent")]
    assert extensions == [str(envelope.correlation_id), str(envelope.causation_id), "7", trace]
    assert read.get_data() == event.model_dump(mode="json")
    assert envelope_of(headers) == envelope


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([], "headers missing: ce_id"),
        (
            [("ce_id", b"7"), *[(f"ce_{n}", b"x") for n in ("type", "source", "time", "subject", "correlationid")]],
            "id: uuid_parsing",
        ),
        ([("ce_id", b"\xff"), *[(f"ce_{n}", b"x") for n in ("type", "source", "time", "subject", "correlationid")]], "not UTF-8"),
    ],
)
def test_a_broken_envelope_is_rejected_by_name(headers: list[tuple[str, bytes]], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        envelope_of(headers)


def test_a_broken_event_names_its_fields_and_never_their_values() -> None:
    with pytest.raises(Rejected) as rejected:
        event_of(WaitlistJoined, b'{"patient_id": "SECRET", "joined_at": "2026-03-02T09:00:00"}')
    assert "SECRET" not in str(rejected.value)
    assert "patient_id: uuid_parsing" in str(rejected.value)
    assert "joined_at: timezone_aware" in str(rejected.value)
