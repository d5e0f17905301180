"""Traces: W3C trace context from a request through the outbox and across Kafka; spans go out only where an endpoint is named."""

from secrets import token_hex

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

W3C = TraceContextTextMapPropagator()
MOST_LINKS = 32


def new_provider(service: str, endpoint: str | None) -> TracerProvider:
    """A tracer provider of the service's own; it exports only when an endpoint is named."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider


def begin(given: str | None) -> str:
    """A traceparent for what follows: the same trace with a new span id, or a new trace."""
    if given and len(given) == 55 and given.startswith("00-"):
        return f"{given[:36]}{token_hex(8)}{given[52:]}"
    return f"00-{token_hex(16)}-{token_hex(8)}-01"


def links_of(traceparents: set[str]) -> list[Link]:
    """Links from a batch's one span to the events it handled; at most MOST_LINKS."""
    found = []
    for traceparent in sorted(traceparents)[:MOST_LINKS]:
        context = get_current_span(W3C.extract({"traceparent": traceparent})).get_span_context()
        if context.is_valid:
            found.append(Link(context))
    return found
