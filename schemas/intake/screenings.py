"""Screenings: may this patient be treated, and why."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant, Part
from schemas.topic import Topic

Decision = Literal["ELIGIBLE", "ELIGIBLE_WITH_CONDITIONS", "REVIEW", "BLOCKED", "INCOMPLETE"]


class FactUsed(Part):
    """A fact that a rule looked at: what it is and where it came from."""

    fact: str
    code: str | None = None
    """The code as the chart has it, as `system|code`."""
    source: str
    observed_at: Instant | None = None


class FiredRule(Part):
    """A rule that spoke, with what it looked at."""

    rule_id: str
    outcome: Literal["INDICATED", "BLOCK", "REVIEW", "WARN", "INCOMPLETE"]
    reason: str
    evidence: str
    """The provenance tag of the rule's row: L, K, S or D."""
    facts: tuple[FactUsed, ...] = ()


class ScreeningDecided(Event):
    """The rules were read against the chart and came to a decision; a prescriber still has to sign."""

    screening_id: UUID
    patient_id: UUID
    decision: Decision
    indication: str | None
    fired: tuple[FiredRule, ...]
    rules_version: str
    decided_at: Instant
    expires_at: Instant


SCREENINGS = Topic("screenings", "intake", (ScreeningDecided,), key=("patient_id",))
