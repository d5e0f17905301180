"""Work that goes on until it ends or somebody says stop."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def foreground(work: Coroutine[Any, Any, T]) -> T | None:
    """Run it. Ctrl-C and SIGTERM cancel it, wait for what it cleans up, and give None."""

    async def until_told() -> T:
        task = asyncio.current_task()
        assert task is not None
        # Said twice, it does not interrupt what is being cleaned up.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: task.cancelling() or task.cancel())
        return await work

    try:
        return asyncio.run(until_told())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return None
