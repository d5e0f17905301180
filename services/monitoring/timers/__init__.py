"""Monitoring's timers: what should have come, or ended, by now."""

from kit.timers import Timers
from services.monitoring.timers import calls, infusion, stay, watching
from services.monitoring.timers.calls import expect_calls
from services.monitoring.timers.stay import end_stay, expect_discharge
from services.monitoring.timers.watching import adjust, unwatch, watch

__all__ = ["TIMERS", "adjust", "end_stay", "expect_calls", "expect_discharge", "unwatch", "watch"]

TIMERS: Timers = {**watching.TIMERS, **infusion.TIMERS, **stay.TIMERS, **calls.TIMERS}
