"""Failure has two words: Rejected, it can never work; TryLater, the store or the broker is away."""

import asyncpg
from aiokafka.errors import KafkaError


class Rejected(Exception):
    """This can never work. The reason carries no values: it is shown to operators and written to logs."""


class TryLater(Exception):
    """Something this needs is away. Keep the place, back off, come again. The reason carries no values, as a Rejected's."""


ExclusionViolation = asyncpg.ExclusionViolationError
"""An exclusion constraint refused a row: somebody else holds what it wants to hold."""
AWAY = (
    TryLater,
    KafkaError,
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
)
"""What means "away" when it is raised by our own store or broker, and therefore is no bug and no strike."""


def reason_of(error: BaseException) -> str:
    """What to write down about a failure: the words of our own two, else the class alone, because other texts may hold values."""
    return (str(error) if isinstance(error, Rejected | TryLater) else "") or type(error).__name__
