"""Auditor judges from outside whether every high alarm reached somebody in time."""
