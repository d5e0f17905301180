"""Trends computes what the readings and alarms of a session amount to, and the clinic's alarm load. It never decides an alarm."""
