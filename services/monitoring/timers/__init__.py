"""Monitoring's timers: what should have come, or ended, by now."""

from kit.timers import Timers
from services.monitoring.timers import infusion, watching
from services.monitoring.timers.watching import unwatch, watch

__all__ = ["TIMERS", "unwatch", "watch"]

TIMERS: Timers = {**watching.TIMERS, **infusion.TIMERS}
