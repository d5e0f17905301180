"""The auditor's timers and its beat: what should have been said by now, what is said outside, and who lives."""

from kit.timers import Timers
from services.auditor.timers import deadlines, outside
from services.auditor.timers.beating import keep_audit, tell_blind, tell_dead_letter
from services.auditor.timers.measuring import OWN_GAUGES

__all__ = ["OWN_GAUGES", "TIMERS", "keep_audit", "tell_blind", "tell_dead_letter"]

TIMERS: Timers = {**deadlines.TIMERS, **outside.TIMERS}
