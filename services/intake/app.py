"""Intake, wired."""

from kit.service import Service
from services.intake import tables
from services.intake.api import charts, questions, screenings
from services.intake.settings import IntakeSettings

SERVICE = Service(
    name="intake",
    settings=IntakeSettings,
    routes=(charts.fhir_routes, charts.routes, questions.routes, screenings.routes),
    checks=(tables.screening_rules, tables.phq9, tables.protocols, tables.consent_versions),
)
