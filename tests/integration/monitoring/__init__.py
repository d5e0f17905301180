"""Monitoring, integration tests."""
