"""Telling one person, by one channel after the other or by all together, until one of them has taken it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict

from kit.db import Tx
from kit.jobs import Attempt, Calls, Job, Jobs
from kit.timers import Timer
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import AnsweredAlarm, PageFailed, PageSent
from services.notifications import tables
from services.notifications.jobs.handing import Message, Way, circuit_of, hand, insist
from services.notifications.jobs.links import AnswerLink, link_of
from services.notifications.record import nobody_reached
from services.notifications.rules.channels import BY_PHONE, Medium, allowed, fitting_sms
from services.notifications.rules.circuits import URGENT, Circuit, plan
from services.notifications.rules.paging import asked
from services.notifications.rules.policy import RANK
from services.notifications.rules.replies import free_code
from services.notifications.rules.texts import TITLES, Line, fitting, page_text
from services.notifications.settings import NotificationsSettings, settings_of
from services.notifications.store import circuits, pages, tellings
from services.notifications.store.pages import Page
from services.notifications.store.ways import Channel

log = structlog.get_logger("notifications")
UNNAMED = "an alarm"
"""What a page says when its title is none that a page may use."""


class Told(BaseModel):
    """An alarm as a page tells of it."""

    model_config = ConfigDict(frozen=True)

    alarm_id: UUID | None
    priority: Priority
    title: str
    since: datetime


class Turn(BaseModel):
    """One person, to be told of one page at one step. What it says is fixed when it begins."""

    model_config = ConfigDict(frozen=True)

    turn_id: UUID
    page_id: UUID
    staff_id: str
    since: datetime | None = None
    """When the climb began that it belongs to; not known of one from before this was kept."""
    step: int
    priority: Priority
    chair: int | None
    lines: tuple[Told, ...]
    """What the page asks about, the most urgent first; as many are shown as the channel's message holds."""


class TellPerson(Job):
    """Tell one person of a page by the first of the ways; the others are for when it fails."""

    attempts: ClassVar[int] = 1
    timeout: ClassVar[timedelta] = timedelta(seconds=tables.channels().patience.attempt_seconds)

    turn: Turn
    ways: tuple[Way, ...]
    many: int
    """How many of the lines this message shows."""
    code: str | None = None
    """What the person may text back."""

    @property
    def shown(self) -> tuple[AnsweredAlarm, ...]:
        """The alarms that this message shows, which an answer to it is for."""
        lines = self.turn.lines[: self.many]
        return tuple(AnsweredAlarm(alarm_id=one.alarm_id, priority=one.priority) for one in lines if one.alarm_id)


class TellLater(Timer):
    """All ways to a person were away, and the page could wait a little."""

    turn: Turn
    ways: tuple[Way, ...]


class ReceiptMissing(Timer):
    """The phone of an urgent page's person has said nothing by now."""

    job_id: UUID


async def tell(
    tx: Tx,
    page: Page,
    staff_id: str,
    channels: Sequence[Channel],
    *,
    in_parallel: bool = False,
    until: datetime | None = None,
) -> None:
    """Have a person told of all that a page asks about, urgent pages first: by one channel after the other, or by all together.

    `until` is when somebody else is told anyway: so long may a page that is not urgent wait for channels that are all away.
    """
    items = asked(page.items)
    lines = [Line(item.priority, item.title, item.since) for item in items]
    if fitting_sms(settings_of(tx.settings).clinic_name, page.chair, lines) < len(items):
        items.sort(key=lambda item: (-RANK[item.priority], item.told))  # what nobody was shown yet comes first
    turn = Turn(
        turn_id=tx.new_id(),
        page_id=page.page_id,
        staff_id=staff_id,
        since=page.since,
        step=page.step,
        priority=items[0].priority,
        chair=page.chair,
        lines=tuple(Told(alarm_id=i.alarm_id, priority=i.priority, title=i.title, since=i.since) for i in items),
    )
    ways = tuple(Way(channel=way.channel, address=way.address) for way in channels)
    for lane in [(way,) for way in ways] if in_parallel else [ways]:
        await begin(tx, turn, lane, until)


async def begin(tx: Tx, turn: Turn, ways: tuple[Way, ...], until: datetime | None = None) -> None:
    """Begin with the first of the ways that is healthy. When all are away, an urgent page goes out at once all the same."""
    settings = settings_of(tx.settings)
    open_for = timedelta(seconds=settings.circuit_open_seconds)
    names = [circuit_of(way, settings) for way in ways]
    known = await circuits.of(tx, names)
    planned = plan(names, known, turn.priority, tx.now, open_for, until)
    if planned.probes is not None and not await circuits.probe(tx, planned.probes, open_for):
        beside = replace(known.get(planned.probes, Circuit(opened_at=tx.now)), probing_until=tx.now + open_for)
        planned = plan(names, {**known, planned.probes: beside}, turn.priority, tx.now, open_for, until)
    if planned.at > tx.now:
        tx.arm(TellLater(turn=turn, ways=ways), key=str(tx.new_id()), at=planned.at, priority=RANK[turn.priority])
        return
    ordered = tuple(ways[place] for place in planned.order)
    by_text = ordered[0].channel == "sms"
    lines = lines_of(turn, len(turn.lines), settings)
    many = (fitting_sms if by_text else fitting)(settings.clinic_name, turn.chair, lines)
    job = TellPerson(turn=turn, ways=ordered, many=many, code=await _code(tx, turn.staff_id) if by_text else None)
    job_id = tx.defer(job, priority=RANK[turn.priority])
    await tellings.begin(
        tx,
        job_id,
        turn.page_id,
        turn.turn_id,
        turn.staff_id,
        turn.step,
        ordered[0].channel,
        job.code,
        job.model_dump_json(),
    )


async def _code(tx: Tx, staff_id: str) -> str:
    return free_code(tx.new_id().int, await tellings.codes_in_use(tx, staff_id))


async def go_on(tx: Tx, page: Page, job: TellPerson, state: Literal["failed", "missing"]) -> None:
    """A way failed: the next, while nobody has answered; after the last, the step's other people, or the next step.

    A message without a receipt may still arrive: after the last way it is left to the page's next step.
    """
    turn = left_of(job.turn, page)
    if turn is None:
        return
    if len(job.ways) > 1:
        await begin(tx, turn, job.ways[1:])
    elif state == "failed" and not await tellings.reached(tx, turn.turn_id):
        nobody_reached(tx, page.page_id, turn.staff_id)


def left_of(turn: Turn, page: Page) -> Turn | None:
    """What of a turn is still to be told: nothing once another climb began, and none of what was answered or told anew since."""
    if page.state != "open" or turn.since not in (None, page.since):
        return None
    now = {item.alarm_id: RANK[item.priority] for item in asked(page.items)}
    lines = tuple(line for line in turn.lines if line.alarm_id in now and now[line.alarm_id] <= RANK[line.priority])
    return turn.model_copy(update={"lines": lines, "priority": lines[0].priority}) if lines else None


def lines_of(turn: Turn, many: int, settings: NotificationsSettings) -> list[Line]:
    """The first lines of what a page may say: an alarm whose title is none that a page may use is "an alarm"."""
    known = {*tables.channels().words.titles, *TITLES.values()}
    return [
        Line(one.priority, one.title if one.title in known else UNNAMED, one.since.astimezone(UTC)) for one in turn.lines[:many]
    ]


def words(job: TellPerson, settings: NotificationsSettings) -> tuple[str, bool]:
    """What a page says, and whether it names its alarms; where it would hold more than it may, it only says there is one."""
    lines = lines_of(job.turn, job.many, settings)
    text = page_text(settings.clinic_name, job.turn.chair, lines)
    if allowed(text, settings.clinic_name, job.turn.chair, lines):
        return text, all(line.title != UNNAMED for line in lines)
    return f"{settings.clinic_name}: {job.turn.priority.upper()} {UNNAMED}", False


async def call(job: TellPerson, attempt: Attempt) -> None:
    """Tell, by the first of the ways; by the last one more than once, if need be."""
    settings, turn = settings_of(attempt.settings), job.turn
    text, _ = words(job, settings)
    link = link_of(AnswerLink(page_id=turn.page_id, staff_id=turn.staff_id, alarms=job.shown), settings)
    body = {
        "page_id": str(turn.page_id),
        "priority": turn.priority,
        "text": text,
        "chair": turn.chair,
        "since": turn.lines[0].since.isoformat(),
        "link": link,
        "step": turn.step,
        "staff_id": turn.staff_id,
    }
    message = Message(attempt.id, text, body, link, job.code or "")
    await (hand if len(job.ways) > 1 else insist)(settings, job.ways[0], message)


async def done(job: TellPerson, attempt: Attempt, tx: Tx) -> None:
    """The channel took it. A phone's owner is not told yet: an urgent page waits for the receipt."""
    page, turn, way = await pages.see(tx, job.turn.page_id), job.turn, job.ways[0]
    settings = settings_of(tx.settings)
    _, worded = words(job, settings)
    if not worded:
        log.warning("a page could not say what it is about", page_id=str(turn.page_id))
    state = await tellings.taken(tx, attempt.id, worded=worded)
    await circuits.healed(tx, circuit_of(way, settings))
    if page is None:
        return
    tx.emit(
        PageSent(
            **page.about(),
            priority=turn.priority,
            staff_id=turn.staff_id,
            step=turn.step,
            channel=left_by(way.channel),
            sent_at=tx.now,
            medium=way.channel,
            alarms=job.shown,
        )
    )
    if state == "sent" and way.channel in BY_PHONE and turn.priority in URGENT:
        at = attempt.now + timedelta(seconds=tables.channels().patience.next_channel_seconds)
        tx.arm(ReceiptMissing(job_id=attempt.id), key=str(attempt.id), at=max(at, tx.now), priority=RANK[turn.priority])


async def failed(job: TellPerson, attempt: Attempt, reason: str, tx: Tx) -> None:
    """The channel did not take it: say so, and try the person's next one at once."""
    settings = settings_of(tx.settings)
    page = await pages.hold(tx, job.turn.page_id)
    held = await tellings.hold(tx, attempt.id)
    if not attempt.refused:
        await circuits.failed(tx, circuit_of(job.ways[0], settings), settings.circuit_failures)
    if page is not None and (held is None or held[0] == "waiting"):
        await fail(tx, page, attempt.id, job, "failed", reason or "failed")


async def fail(tx: Tx, page: Page, job_id: UUID, job: TellPerson, state: Literal["failed", "missing"], reason: str) -> None:
    """Say that a way did not reach its person, and go on. Hold the page and the telling before."""
    await tellings.keep(tx, job_id, state, reason)
    turn, medium = job.turn, job.ways[0].channel
    tx.emit(
        PageFailed(
            **page.about(),
            staff_id=turn.staff_id,
            step=turn.step,
            channel=left_by(medium),
            reason=reason,
            failed_at=tx.now,
            medium=medium,
        )
    )
    await go_on(tx, page, job, state)


def left_by(medium: Medium) -> Literal["console", "webhook", "email"]:
    """How it left the house: all but mail and the console is a call to a web server."""
    return medium if medium in ("console", "email") else "webhook"


JOBS: Jobs = {TellPerson: Calls(call=call, done=done, failed=failed)}
