"""The auditor's queries, by name."""

from typing import Any

from kit.queries import named_queries

queries: Any = named_queries(__file__)
