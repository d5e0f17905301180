"""Patients: who the clinic knows, and what of their chart changed."""

from datetime import date
from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.personal import Personal
from schemas.topic import Topic


class PatientIdentity(Personal):
    """Who the patient is, for people who must call somebody by name."""

    family_name: str
    given_names: tuple[str, ...]
    birth_date: date | None = None


class PatientRegistered(Event):
    """A patient has a chart with us."""

    patient_id: UUID
    identity: PatientIdentity
    administrative_gender: Literal["male", "female", "other", "unknown"]
    registered_at: Instant


class ChartUpdated(Event):
    """A patient's chart came again and something in it is different."""

    patient_id: UUID
    changed: tuple[str, ...]
    """What changed, as resource type and code, without values."""
    updated_at: Instant


PATIENTS = Topic("patients", "intake", (PatientRegistered, ChartUpdated), key=("patient_id",))
