"""Traces: what goes on from a request or an event, and nothing a stranger made up."""

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kit.traces import MOST_LINKS, batch_span, begin, links_of, new_provider, onward

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_trace_goes_on_with_a_new_span() -> None:
    found = begin(GIVEN)
    assert (found[:36], found[-3:]) == (GIVEN[:36], "-01")
    assert found != GIVEN


@pytest.mark.parametrize(
    "made_up",
    [None, "", "00-" + "\n" * 52, "00-" + "0" * 32 + "-00f067aa0ba902b7-01", GIVEN.upper(), GIVEN + "-x", "01" + GIVEN[2:]],
)
def test_what_is_no_traceparent_begins_a_trace_of_its_own(made_up: str | None) -> None:
    found = begin(made_up)
    assert found[3:35] not in (made_up or "")
    assert len(links_of({found})) == 1


def test_a_recorded_span_is_what_goes_on() -> None:
    with new_provider("probe", None).get_tracer("t").start_as_current_span("request") as span:
        assert f"{span.get_span_context().span_id:016x}" in onward(GIVEN)
    assert onward(GIVEN)[:36] == GIVEN[:36]


def test_a_batch_is_one_span_with_links_and_without_the_text_of_its_error() -> None:
    provider, kept = new_provider("probe", None), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with pytest.raises(ValueError), batch_span(provider, "vitals", {begin(None) for _ in range(MOST_LINKS + 5)}):
        raise ValueError("Ada Lovelace")
    [span] = kept.get_finished_spans()
    assert len(span.links) == MOST_LINKS
    assert "Lovelace" not in span.to_json()
