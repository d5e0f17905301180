"""CloudEvents 1.0 in Kafka binary mode: the envelope as headers, the event's JSON as the value."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

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
    """The record headers of an envelope. `traceparent` goes twice: as the CloudEvents extension and as plain W3C."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_id", str(envelope.id).encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_time", envelope.time.isoformat().encode()),
        ("ce_subject", envelope.subject.encode()),
        ("ce_correlationid", str(envelope.correlation_id).encode()),
    ]
    if envelope.causation_id:
        headers.append(("ce_causationid", str(envelope.causation_id).encode()))
    if envelope.sequence:
        headers.append(("ce_sequence", str(envelope.sequence).encode()))
    if envelope.traceparent:
        headers += [("ce_traceparent", envelope.traceparent.encode()), ("traceparent", envelope.traceparent.encode())]
    return headers


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
