"""Idempotency: a command that comes twice under one key is done once, and both get the same answer."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import aiosql
from fastapi import Response

from kit.clock import wall
from kit.problems import Refused

if TYPE_CHECKING:
    from kit.db import Tx

queries: Any = aiosql.from_path(Path(__file__).parent / "sql" / "idempotency.sql", "asyncpg")


def key_of(header: str | None) -> UUID | None:
    """The Idempotency-Key header. Raises Refused when it is no UUID."""
    if header is None:
        return None
    try:
        return UUID(header.strip().strip('"'))
    except ValueError:
        raise Refused(
            422,
            "The idempotency key is not as it must be",
            field="header.Idempotency-Key",
            expected="a UUID, fresh for each command",
        ) from None


async def once(tx: "Tx", key: UUID, fingerprint: str, do: Callable[[], Awaitable[Response]]) -> Response:
    """Do a command unless its key was used, in the command's own transaction. The same key meanwhile is refused with 409."""
    if not await queries.alone(tx.db, key=str(key)):
        raise Refused(
            409,
            "The same command is still being done",
            "A request with this idempotency key has not been answered yet.",
            todo="Send it again in a moment: it is done once, and answered alike.",
        )
    row = await queries.answer(tx.db, key=key)
    if row is not None:
        if row["fingerprint"] != fingerprint:
            raise Refused(
                422,
                "The idempotency key was used for another command",
                field="header.Idempotency-Key",
                expected="a fresh UUID for each command",
            )
        return Response(row["body"], row["status"], {"Idempotency-Replayed": "true"}, row["media_type"])
    response = await do()
    media_type = response.headers.get("content-type", "application/json")
    await queries.keep(
        tx.db,
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        media_type=media_type,
        body=bytes(response.body),
        answered_at=wall(),
    )
    return response
