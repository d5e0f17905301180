"""Scheduling, integration tests."""
