"""What a session came to, once it is over."""

from uuid import UUID

from schemas.trends.trends import SessionSummarised, SignSummary
from services.trends.rules.alarms import loads, tallied
from services.trends.rules.rows import Row
from services.trends.rules.sessions import instant
from services.trends.rules.tables import Limits
from services.trends.rules.vitals import Stretch, baseline, beyond, course


def summary(session_id: UUID, row: Row, limits: Limits) -> SessionSummarised | None:
    """The summary of a session that is over; None while it is not."""
    if row["over"] is None:
        return None
    tally = tallied(row["tally"], row["alarms"].values())
    signs = []
    for code, sign in sorted(row["signs"].items()):
        if stretch := course(sign):
            known = limits.by_code.get(code, ())
            beyonds = beyond(sign, known, limits.gap.most_seconds)
            signs.append(sign_summary(code, sign["unit"], baseline(sign), stretch, beyonds))
    return SessionSummarised(
        session_id=session_id,
        started_at=None if row["started"] is None else instant(row["started"]),
        over_at=instant(row["over"]),
        minutes=0.0 if row["started"] is None else round((row["over"] - row["started"]) / 60, 2),
        signs=tuple(signs),
        alarms=loads(tally),
        technical=tally["technical"],
        limits_version=limits.version,
        facts=row["facts"],
    )


def sign_summary(code: str, unit: str, base: float, stretch: Stretch, beyonds: list[dict[str, object]]) -> SignSummary:
    """One vital sign's part of it."""
    total, count, least, least_at, most, most_at = stretch
    changes = [(least - base, least_at), (most - base, most_at)]
    change, at = min(changes, key=lambda pair: (-abs(pair[0]), pair[1]))
    return SignSummary.model_validate(
        {
            "code": code,
            "unit": unit,
            "baseline": round(base, 2),
            "least": least,
            "most": most,
            "mean": round(total / count, 2),
            "peak_change": round(change, 2),
            "peak_at": instant(at),
            "samples": int(count),
            "beyond": beyonds,
        }
    )
