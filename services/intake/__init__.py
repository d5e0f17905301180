"""Intake decides who may be treated: charts, questionnaires, consent, screening, and the order a prescriber signs."""
