"""Measuring: the promise as metrics."""

from collections.abc import Mapping

from kit.db import Tx
from kit.gauges import OwnGauges
from services.auditor.store import faults
from services.auditor.store.faults import DAY


async def measure(tx: Tx) -> Mapping[str, float | None]:
    """The figures of the last day, and what is open now."""
    found, counts = await faults.figures(tx, tx.now - DAY), await faults.count_open(tx)
    return {
        "judged": found.judged,
        "kept": found.kept,
        "unanswered": found.unanswered,
        "told_p50_seconds": found.told_p50,
        "told_p95_seconds": found.told_p95,
        "told_max_seconds": found.told_max,
        "answered_p50_seconds": found.answered_p50,
        "answered_p95_seconds": found.answered_p95,
        "answered_max_seconds": found.answered_max,
        "faults_open": sum(count for count, _ in counts.values()),
        "faults_untended": sum(untended for _, untended in counts.values()),
    }


OWN_GAUGES = OwnGauges(
    {
        "judged": "times that people had to be told of a high alarm, in the last day of the clinic",
        "kept": "those in which every step was told in time",
        "unanswered": "those that nobody answered though everybody was told",
        "told_p50_seconds": "from when the alarm qualified until somebody was told, the median",
        "told_p95_seconds": "the 95th percentile of it",
        "told_max_seconds": "the longest of it",
        "answered_p50_seconds": "from when the alarm qualified until somebody answered, the median",
        "answered_p95_seconds": "the 95th percentile of it",
        "answered_max_seconds": "the longest of it",
        "faults_open": "what is wrong now",
        "faults_untended": "what is wrong now and nobody takes care of",
    },
    measure,
)
