"""Scheduling, unit tests."""
