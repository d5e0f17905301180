"""Monitoring decides how the patient is doing: gates, infusion, alarms and their acknowledgement, recovery, discharge."""
