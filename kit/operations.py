"""Operations: what an operator may see and ask of any service: its dead letters, and their redrive."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from kit import deadletters
from kit.clock import wall
from kit.fields import WholeNumber
from kit.http import Command, Refused, Routes, needs

routes = Routes(prefix="/operations", tags=["operations"])
LetterId = Annotated[int, Path(ge=1, lt=2**63)]
"""The number of a letter: a bigint, read from text."""


class Letter(BaseModel):
    """A dead letter without what it held."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    consumer: str
    topic: str
    partition: int
    offset: int
    key: str
    event_id: UUID | None
    type: str | None
    source: str | None
    error: str
    waits_behind: bool
    state: str
    arrived_at: datetime


class Contents(Letter):
    """A dead letter with what it held: personal data, for whoever may read it."""

    headers: dict[str, str]
    payload: str


class Letters(BaseModel):
    """Dead letters, oldest first."""

    letters: list[Letter]


class RedriveRequest(BaseModel):
    """Which letters to try again; nothing named means all of this service."""

    model_config = ConfigDict(extra="forbid")

    topic: str | None = None
    key: str | None = None
    id: Annotated[WholeNumber, Field(ge=1)] | None = None
    dry_run: bool = Field(default=False, description="Say what would be tried, and try nothing.")


class ParkedKey(BaseModel):
    """A key whose later events wait."""

    topic: str
    key: str


class Redrive(BaseModel):
    """What is tried again: whole keys in their order, and single letters that were set aside."""

    dry_run: bool
    keys: list[ParkedKey]
    letters: list[int]


class Discard(BaseModel):
    """Why a letter will never be handled."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=500)


@routes.get("/dead-letters", dependencies=[needs("operations.read")])
async def list_letters(tx: Command, topic: str | None = None, all: bool = False) -> Letters:
    """Dead letters: the open ones, or all that are still kept."""
    found = await deadletters.letters(tx.db, tx.service, topic, everything=all)
    return Letters(letters=[Letter.model_validate(letter) for letter in found])


@routes.get("/dead-letters/{letter_id}", dependencies=[needs("operations.read")])
async def show_letter(letter_id: LetterId, tx: Command) -> Letter:
    """One dead letter, without what it held."""
    return Letter.model_validate((await _kept(tx, letter_id)).letter)


@routes.post("/dead-letters/{letter_id}/contents", dependencies=[needs("operations.contents")])
async def show_contents(letter_id: LetterId, tx: Command) -> Contents:
    """One dead letter with what it held. Reading it is audited, so it is a command."""
    kept = await _kept(tx, letter_id)
    tx.audit("read", f"dead letter {letter_id}")
    return Contents(
        **Letter.model_validate(kept.letter).model_dump(),
        headers={name: value.decode("latin-1") for name, value in kept.headers},
        payload=(kept.payload or b"").decode("utf-8", "replace"),
    )


@routes.post("/dead-letters/redrive", dependencies=[needs("operations.redrive")])
async def redrive(body: RedriveRequest, tx: Command) -> Redrive:
    """Try dead letters again. A parked key is tried whole and in order; it stops at the first that still fails."""
    if body.id is not None:
        kept = (await _kept(tx, body.id)).letter
        if kept.state == "parked":
            body = RedriveRequest(topic=kept.topic, key=kept.key, dry_run=body.dry_run)
        elif kept.state != "set aside":
            raise Refused(409, "Nothing to redrive", f"letter {body.id} is {kept.state}")
    if body.dry_run:
        found = await deadletters.letters(tx.db, tx.service, body.topic)
        chosen = [one for one in found if (body.key is None or one.key == body.key) and (body.id is None or one.id == body.id)]
        keys = sorted({(one.topic, one.key) for one in chosen if one.state == "parked"})
        return Redrive(dry_run=True, keys=_parked(keys), letters=[one.id for one in chosen if one.state == "set aside"])
    keys, ids = await deadletters.ask(tx.db, topic=body.topic, key=body.key, letter_id=body.id)
    tx.audit("redrive", f"{len(keys)} keys, {len(ids)} letters")
    return Redrive(dry_run=False, keys=_parked(keys), letters=ids)


@routes.post("/dead-letters/{letter_id}/discard", dependencies=[needs("operations.redrive")])
async def discard(letter_id: LetterId, body: Discard, tx: Command) -> Letter:
    """Give a letter up. What waits behind it may then be redriven."""
    kept = (await _kept(tx, letter_id)).letter
    if kept.state not in ("parked", "set aside"):
        raise Refused(409, "Nothing to discard", f"letter {letter_id} is {kept.state}")
    await deadletters.queries.settle(tx.db, id=letter_id, state="discarded", error=kept.error, settled_at=wall())
    tx.audit("discard", f"dead letter {letter_id}", reason=body.reason)
    return Letter.model_validate((await _kept(tx, letter_id)).letter)


def _parked(keys: Iterable[tuple[str, str]]) -> list[ParkedKey]:
    return [ParkedKey(topic=topic, key=key) for topic, key in keys]


async def _kept(tx: Command, letter_id: int) -> deadletters.Kept:
    row = await deadletters.queries.look(tx.db, id=letter_id)
    if row is None:
        raise Refused(404, "No such dead letter", f"{tx.service} has no dead letter {letter_id}", todo="list them first")
    return deadletters.kept_of(row, tx.service)
