"""Trends, unit tests."""
