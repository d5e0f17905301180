"""What notifications asks of the outside: telling people, by whatever reaches them."""

from kit.jobs import Jobs
from kit.timers import Timers
from services.notifications.jobs import telling, trying, waiting
from services.notifications.jobs.links import AnswerLink
from services.notifications.jobs.telling import tell

JOBS: Jobs = {**telling.JOBS, **trying.JOBS}
WAITING: Timers = waiting.WAITING

__all__ = ["JOBS", "WAITING", "AnswerLink", "tell"]
