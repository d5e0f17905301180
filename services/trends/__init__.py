"""Trends computes what the readings of a session amount to: change from baseline and slope. It never decides an alarm."""
