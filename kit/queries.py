"""Queries: SQL by name, from the `queries.sql` beside the store that uses it."""

from pathlib import Path
from typing import Any

import aiosql


def named_queries(store: str) -> Any:
    """The queries beside a store: `queries = named_queries(__file__)`. Undeclared and unused parameters fail at import."""
    return aiosql.from_path(Path(store).with_name("queries.sql"), "asyncpg")
