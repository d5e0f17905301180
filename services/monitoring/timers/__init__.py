"""Monitoring's timers: what should have come, or ended, by now."""

from kit.timers import Timers
from services.monitoring.timers import watching
from services.monitoring.timers.watching import adjust, unwatch, watch

__all__ = ["TIMERS", "adjust", "unwatch", "watch"]

TIMERS: Timers = {**watching.TIMERS}
