"""Queries: SQL by name, from the file beside the store that uses it, or from the store's own folder."""

from pathlib import Path
from typing import Any

import aiosql


def named_queries(store: str) -> Any:
    """The queries of a store: `queries = named_queries(__file__)`. Undeclared and unused parameters fail at import.

    A store is one module with `queries.sql` beside it, or a folder of modules with an `.sql` file beside each.
    """
    beside = Path(store).with_name("queries.sql")
    return aiosql.from_path(beside if beside.exists() else beside.parent, "asyncpg")
