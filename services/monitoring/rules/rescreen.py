"""The re-screen: how C-SSRS answers since the last contact are triaged, and what a level means for going home."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.parts import GateFact
from services.monitoring.rules.gates import NEVER
from services.monitoring.rules.recovery_tables import HomeGate, RiskLevel

Behaviour = Literal["no", "earlier", "recent"]
"""Question 6: never, more than three months ago, or within three months."""
SEVERITY: tuple[RiskLevel, ...] = ("NONE", "LOW", "MODERATE", "HIGH-PENDING", "HIGH")
ALARMING: tuple[RiskLevel, ...] = ("HIGH-PENDING", "HIGH")
"""Levels that call a prescriber at once."""
PROVIDERS: tuple[RiskLevel, ...] = ("MODERATE", "HIGH")
"""Levels that only a provider may take back."""


@dataclass(frozen=True)
class Answers:
    """Answers to the screener; None where one is missing or cannot be read."""

    q1: bool | None
    q2: bool | None
    q3: bool | None
    q4: bool | None
    q5: bool | None
    q6: Behaviour | None


@dataclass(frozen=True)
class Rescreened:
    """A re-screen that was recorded, and who signed it."""

    level: RiskLevel
    by: str
    at: datetime
    signed_by: str | None = None
    signed_at: datetime | None = None


def triage(answers: Answers) -> RiskLevel | None:
    """The level of answers, clinical 5.1. None when 4 to 6 are no and one of 1 to 3 is missing: it can't be told."""
    if answers.q4 or answers.q5 or answers.q6 == "recent":
        return "HIGH"
    if None in (answers.q4, answers.q5, answers.q6):
        return "HIGH-PENDING"
    if answers.q3 or answers.q6 == "earlier":
        return "MODERATE"
    if None in (answers.q1, answers.q2, answers.q3):
        return None
    return "LOW" if answers.q1 or answers.q2 else "NONE"


def lowers(before: RiskLevel | None, level: RiskLevel) -> bool:
    """Whether a level takes back one that keeps the patient here: that needs a reason, and for some a provider."""
    return before in (*ALARMING, *PROVIDERS) and SEVERITY.index(level) < SEVERITY.index(before)


def judge_rescreen(gate: HomeGate, last: Rescreened | None, ended_at: datetime | None) -> GateFact:
    """Whether the re-screen lets the patient go. One from before the infusion's end does not, and may well keep them."""
    if last is None:
        return GateFact(id="suicide_rescreen", met=False, source=NEVER, detail="C-SSRS since last not recorded")
    rule, source = gate.level(last.level), f"recorded by {last.by}"
    detail = f"C-SSRS {last.level}: {rule.advice}"
    if rule.outcome != "never" and (ended_at is None or last.at < ended_at):
        detail = "C-SSRS since last not recorded since the infusion ended"
        return GateFact(id="suicide_rescreen", met=False, source=source, observed_at=last.at, detail=detail)
    met, at = rule.outcome == "met", last.at
    if rule.outcome == "signature" and last.signed_by is not None:
        met, source, at = True, f"signed by {last.signed_by}", last.signed_at or last.at
    return GateFact(id="suicide_rescreen", met=met, source=source, observed_at=at, detail=detail)
