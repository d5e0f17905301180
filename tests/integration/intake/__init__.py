"""Intake, integration tests."""
