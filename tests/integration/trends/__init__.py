"""Trends, integration tests."""
