"""CloudEvents 1.0 in Kafka binary mode: the envelope as headers, the event's JSON as the value."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import ValidationError

from kit.errors import Rejected
from schemas.catalogue import events
from schemas.event import Envelope, Event

Headers = Sequence[tuple[str, bytes]]

_FIELDS = {
    "ce_id": "id",
    "ce_type": "type",
    "ce_source": "source",
    "ce_time": "time",
    "ce_subject": "subject",
    "ce_correlationid": "correlation_id",
    "ce_causationid": "causation_id",
    "ce_sequence": "sequence",
    "ce_traceparent": "traceparent",
}
_OPTIONAL = {"ce_causationid", "ce_sequence", "ce_traceparent"}


def headers_of(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The record headers of an envelope."""
    return headers(**dict(envelope))


def headers(
    *,
    id: UUID,
    type: str,
    source: str,
    time: datetime,
    subject: str,
    correlation_id: UUID,
    causation_id: UUID | None,
    sequence: int,
    traceparent: str | None,
) -> list[tuple[str, bytes]]:
    """The record headers of what an envelope holds. `traceparent` goes twice: as the CloudEvents extension and as plain W3C."""
    found = [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_id", str(id).encode()),
        ("ce_type", type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", time.isoformat().encode()),
        ("ce_subject", subject.encode()),
        ("ce_correlationid", str(correlation_id).encode()),
    ]
    if causation_id:
        found.append(("ce_causationid", str(causation_id).encode()))
    if sequence:
        found.append(("ce_sequence", str(sequence).encode()))
    if traceparent:
        found += [("ce_traceparent", traceparent.encode()), ("traceparent", traceparent.encode())]
    return found


def type_of(headers: Iterable[tuple[str, bytes]]) -> str | None:
    """The event's name alone, without reading the rest."""
    for name, value in headers:
        if name == "ce_type":
            return value.decode(errors="replace")
    return None


def envelope_of(headers: Iterable[tuple[str, bytes]]) -> Envelope:
    """Read the envelope. Raises Rejected naming the headers that are missing or unreadable."""
    given = dict(headers)
    missing = [name for name in _FIELDS if name not in given and name not in _OPTIONAL]
    if missing:
        raise Rejected(f"headers missing: {', '.join(missing)}")
    try:
        text = {field: given[name].decode() for name, field in _FIELDS.items() if name in given}
        return Envelope.model_validate(text)
    except UnicodeDecodeError as error:
        raise Rejected("headers are not UTF-8") from error
    except ValidationError as error:
        raise Rejected(f"headers unreadable: {_fields(error)}") from error


def event_of(kind: type[Event], value: bytes | None) -> Event:
    """Read the event. Raises Rejected naming the fields at fault, never their values."""
    if value is None:
        raise Rejected(f"{kind.__name__}: the record has no value")
    try:
        return kind.model_validate_json(value)
    except ValidationError as error:
        raise Rejected(f"{kind.__name__} unreadable: {_fields(error)}") from error


@cache
def known_types() -> Mapping[str, type[Event]]:
    """Event classes by name."""
    return {name: kind for name, (kind, _) in events().items()}


def _fields(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['type']}" for fault in faults[:8])
