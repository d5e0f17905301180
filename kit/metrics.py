"""Metrics: each name declared once, as an attribute of a type, so that a misspelt one does not type-check."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What a service counts and measures. No label ever holds personal data: topics, event types, names of code only."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"chairside_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"chairside_{name}", text, labels, registry=registry)

        def seconds(name: str, text: str, *labels: str) -> Histogram:
            return Histogram(f"chairside_{name}_seconds", text, labels, registry=registry, buckets=LATENCIES)

        self._registry = registry
        self._own: dict[str, Gauge] = {}
        self._lag = gauge("consumer_lag_records", "records not handled yet", "topic", "partition")
        self._waiting = gauge("outbox_waiting_rows", "outbox rows not published yet")
        self._age = gauge("outbox_oldest_seconds", "age of the oldest row not published yet")
        self._timer_overdue = gauge("timer_overdue_seconds", "how long the oldest due timer has waited, in wall seconds")
        self._job_overdue = gauge("job_overdue_seconds", "how long the oldest due job has waited, in wall seconds")
        self._open_letters = gauge("dead_letters_open", "dead letters that nobody has settled", "topic")
        self._tables = gauge("table_size_bytes", "size of a table with its indexes", "table")
        self._partitions = counter(
            "partitions", "days of a table made, dropped past retention, or refused for now", "table", "what"
        )
        self._leading = gauge("relay_leading", "1 while this replica's relay is the leader")
        self._published = counter("relay_published", "outbox rows published")
        self._events = counter("events_handled", "events handled", "topic")
        self._skipped = counter("events_skipped", "events of a type not handled here", "topic", "type")
        self._duplicates = counter("events_duplicate", "events that came again", "topic")
        self._gaps = counter("sequence_gaps", "sequence numbers skipped", "topic")
        self._back = counter("sequence_steps_back", "sequence numbers not above the last", "topic")
        self._letters = counter("dead_letters", "records that could not be handled", "topic")
        self._hooks = counter("dead_letter_hook_failures", "dead letters that nobody could be told of", "topic")
        self._timers = counter("timers_failed", "timers whose handler failed", "timer")
        self._jobs = counter("job_attempts", "attempts at jobs", "job", "outcome")
        self._batch = seconds("batch", "time to handle a partition's batch, commit included", "topic")
        self._handler = seconds("handler", "time in a handler", "topic", "type")
        self._late = seconds("timer_late", "how late a timer was judged, in wall seconds", "timer")
        self._http = seconds("http_request", "time to answer", "method", "route", "status")

    def declare(self, service: str, names: Mapping[str, str]) -> None:
        """Gauges that one service has of its own, by name with what they mean."""
        for name, text in names.items():
            self._own[name] = Gauge(f"chairside_{service}_{name}", text, registry=self._registry)

    def own(self, values: Mapping[str, float | None]) -> None:
        """A service's own gauges. Raises KeyError for one that was not declared."""
        for name, value in values.items():
            self._own[name].set(float("nan") if value is None else value)

    def lag(self, topic: str, partition: int, records: int) -> None:
        """Records of a partition not handled yet."""
        self._lag.labels(topic, str(partition)).set(records)

    def outbox(self, rows: int, oldest_s: float) -> None:
        """Rows that wait for the relay, and the age of the oldest."""
        self._waiting.set(rows)
        self._age.set(oldest_s)

    def overdue(self, *, timer: float, job: float) -> None:
        """How long the oldest due timer and job have waited, in wall seconds."""
        self._timer_overdue.set(timer)
        self._job_overdue.set(job)

    def dead_letters_open(self, topic: str, letters: int) -> None:
        """Letters that nobody has settled."""
        self._open_letters.labels(topic).set(letters)

    def table_size(self, table: str, size: int) -> None:
        """Bytes of a table."""
        self._tables.labels(table).set(size)

    def partition(self, table: str, what: str) -> None:
        """A day of a table was made or dropped, or PostgreSQL refused for now."""
        self._partitions.labels(table, what).inc()

    def leading(self, leads: bool) -> None:
        """Whether this replica's relay leads."""
        self._leading.set(leads)

    def relayed(self, rows: int) -> None:
        """Rows were published."""
        self._published.inc(rows)

    def handled(self, topic: str, events: int, took_s: float) -> None:
        """A batch was handled and committed."""
        self._events.labels(topic).inc(events)
        self._batch.labels(topic).observe(took_s)

    def skipped(self, topic: str, kind: str) -> None:
        """An event of a type not handled here went by."""
        self._skipped.labels(topic, kind if kind.isidentifier() and len(kind) < 60 else "unreadable").inc()

    def duplicates(self, topic: str, events: int) -> None:
        """Events came again."""
        self._duplicates.labels(topic).inc(events)

    def out_of_sequence(self, topic: str, gaps: int, back: int) -> None:
        """Sequence numbers showed gaps or steps back."""
        self._gaps.labels(topic).inc(gaps)
        self._back.labels(topic).inc(back)

    def dead_letter(self, topic: str) -> None:
        """A record could not be handled."""
        self._letters.labels(topic).inc()

    def hook_failed(self, topic: str) -> None:
        """Nobody could be told of a dead letter."""
        self._hooks.labels(topic).inc()

    def handler_seconds(self, topic: str, kind: str, took_s: float) -> None:
        """A handler returned."""
        self._handler.labels(topic, kind).observe(took_s)

    def timer_failed(self, timer: str) -> None:
        """A timer's handler failed."""
        self._timers.labels(timer).inc()

    def timer_late(self, timer: str, late_s: float) -> None:
        """A timer was judged."""
        self._late.labels(timer).observe(max(0.0, late_s))

    def job(self, job: str, outcome: str) -> None:
        """An attempt at a job ended."""
        self._jobs.labels(job, outcome).inc()

    def http(self, method: str, route: str, status: int, took_s: float) -> None:
        """A request was answered."""
        self._http.labels(method, route, str(status)).observe(took_s)
