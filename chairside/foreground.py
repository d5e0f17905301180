"""Work that goes on until it ends or somebody says stop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def foreground(work: Coroutine[Any, Any, T]) -> T | None:
    """Run it. Ctrl-C and SIGTERM cancel it, wait for what it cleans up, and give None."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        return None
