"""Circuits: how the way to each receiver has been lately, shared by all replicas."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from kit.db import Tx
from services.notifications.rules.circuits import Circuit
from services.notifications.store.named import queries


async def of(tx: Tx, names: Sequence[str]) -> dict[str, Circuit]:
    """The circuits of these names; one that never failed is not found."""
    return {row["circuit"]: _circuit(row) async for row in queries.circuits(tx.db, names=list(names))}


async def everyone(tx: Tx) -> dict[str, Circuit]:
    """All that have failed lately."""
    return {row["circuit"]: _circuit(row) async for row in queries.all_circuits(tx.db)}


async def failed(tx: Tx, name: str, most: int) -> int:
    """Its receiver was away once more. How many times in a row."""
    return int(await queries.circuit_failed(tx.db, circuit=name, failed_at=tx.now, most=most))


async def healed(tx: Tx, name: str) -> None:
    """Its receiver took something."""
    await queries.circuit_healed(tx.db, circuit=name)


async def probe(tx: Tx, name: str, open_for: timedelta) -> bool:
    """Be the one who tries it again. False when somebody else is."""
    taken = await queries.probe_circuit(
        tx.db, circuit=name, now=tx.now, opened_before=tx.now - open_for, probing_until=tx.now + open_for
    )
    return taken is not None


def _circuit(row: Any) -> Circuit:
    return Circuit(row["failures"], row["opened_at"], row["probing_until"])
