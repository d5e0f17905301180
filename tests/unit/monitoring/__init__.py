"""Monitoring, unit tests."""
