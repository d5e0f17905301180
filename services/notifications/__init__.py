"""Notifications decides who is told, until somebody answers."""
