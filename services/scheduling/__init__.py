"""Scheduling decides when, where and with whom: series of infusions, chairs, staff and shifts."""
