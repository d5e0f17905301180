"""Traces: W3C trace context from a request through the outbox and across Kafka; spans go out only where an endpoint is named."""

import contextlib
import re
from collections.abc import Iterator
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Link, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

W3C = TraceContextTextMapPropagator()
MOST_LINKS = 32
SILENT: Any = {"record_exception": False, "set_status_on_exception": False}
"""The text of an exception may hold values, and a span leaves the house."""
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def new_provider(service: str, endpoint: str | None) -> "TracerProvider":
    """A tracer provider of the service's own; it exports only when an endpoint is named."""
    # Whoever does not trace does not load the SDK and its exporter.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider


def begin(given: str | None) -> str:
    """A traceparent for what follows: the same trace with a new span id, or a new trace."""
    if given and TRACEPARENT.fullmatch(given):
        return f"{given[:36]}{token_hex(8)}{given[52:]}"
    return f"00-{token_hex(16)}-{token_hex(8)}-01"


def onward(given: str | None) -> str:
    """The traceparent of what a request causes: the span it is served in where one is recorded, else what it came with."""
    carrier: dict[str, str] = {}
    W3C.inject(carrier)
    return carrier.get("traceparent") or begin(given)


@contextlib.contextmanager
def batch_span(provider: "TracerProvider", name: str, traceparents: set[str]) -> Iterator[None]:
    """One span around a batch's handling, linked to the traces of the events in it."""
    with provider.get_tracer("kit").start_as_current_span(name, links=links_of(traceparents), **SILENT):
        yield


def links_of(traceparents: set[str]) -> list[Link]:
    """Links from a batch's one span to the events it handled; at most MOST_LINKS."""
    found = []
    for traceparent in sorted(traceparents)[:MOST_LINKS]:
        context = get_current_span(W3C.extract({"traceparent": traceparent})).get_span_context()
        if context.is_valid:
            found.append(Link(context))
    return found
