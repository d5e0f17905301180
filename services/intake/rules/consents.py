"""Consents: which text may be signed, and for how long a signature holds."""

import hashlib
from calendar import monthrange
from datetime import datetime

from kit.tables import Row, Table


class Consent(Row):
    """A version of the consent."""

    id: str
    title: str
    months_valid: int
    current: bool
    elements: tuple[str, ...]


class ConsentVersions(Table):
    """All versions ever signed; one is current."""

    consent: tuple[Consent, ...]

    def find(self, version: str) -> Consent | None:
        """A version by its id."""
        return next((c for c in self.consent if c.id == version), None)


def document_sha256(consent: Consent) -> str:
    """The hash of what is signed: title and elements."""
    return hashlib.sha256("\n".join([consent.title, *consent.elements]).encode()).hexdigest()


def expires_at(signed_at: datetime, consent: Consent) -> datetime:
    """When a signature lapses: calendar months later."""
    months = signed_at.month - 1 + consent.months_valid
    year, month = signed_at.year + months // 12, months % 12 + 1
    return signed_at.replace(year=year, month=month, day=min(signed_at.day, monthrange(year, month)[1]))
