"""Intake, unit tests."""
