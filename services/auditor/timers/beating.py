"""The auditor's beat: everything is read, so who is silent is silent. And what the runtime tells it of itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from kit.clock import wall
from kit.db import Tx
from kit.deadletters import DeadLetter
from schemas.auditor.audits import AuditKept, FaultKind
from services.auditor import tables
from services.auditor.jobs import beat_outside
from services.auditor.record import fault_of, find, mend
from services.auditor.rules.beats import KEEPERS, Beat, Keeper, fresh, silent, unpaged, unpublished
from services.auditor.rules.words import SILENCE, WHAT
from services.auditor.store import beats, faults, subjects
from services.auditor.store.faults import DAY

SILENT: Mapping[Keeper, FaultKind] = {"monitoring": "monitoring silent", "notifications": "notifications silent"}


async def keep_audit(tx: Tx) -> None:
    """Judge who lives and what the watchers know; say the figures; beat outside if all is well."""
    now, limit = wall(), timedelta(seconds=tables.ceilings().beats.silent_after * tx.settings.beat_seconds)
    since = await beats.listen(tx, now, limit)
    heard = {keeper: await beats.of(tx, keeper) for keeper in KEEPERS}
    for keeper, said in heard.items():
        await _either(tx, SILENT[keeper], keeper, wrong=silent(said, since, now, limit), right=fresh(said, now, limit))
    await _either(tx, "auditor blind", "auditor", wrong=False, right=True)
    await _compare(tx, heard)
    not_well = [f"no beat of {keeper} is fresh" for keeper, said in heard.items() if not fresh(said, now, limit)]
    counts = await faults.count_open(tx)
    not_well += [WHAT[kind] for kind, (_, untended) in sorted(counts.items()) if untended and kind in SILENCE]
    await _say_kept(tx, not_well, sum(count for count, _ in counts.values()))
    if not not_well:
        beat_outside(tx, now)


async def _compare(tx: Tx, heard: Mapping[Keeper, list[Beat]]) -> None:
    """Both watchers must know of the alarms that stand."""
    watch, paging = heard["monitoring"], heard["notifications"]
    listed = {alarm_id for beat in watch for alarm_id in beat.open_high}
    await _every(tx, "never published", unpublished(watch, await subjects.said_of(tx, listed)))
    await _every(tx, "never paged", unpaged(paging, await subjects.standing(tx)))


async def _every(tx: Tx, kind: FaultKind, alarms: set[UUID]) -> None:
    wrong = {f"{kind} {alarm_id}": alarm_id for alarm_id in alarms}
    known = {fault.source: fault for fault in await faults.open_of(tx, kind)}
    for source, alarm_id in sorted(wrong.items()):
        if source not in known:
            alarm = await subjects.hold_known(tx, alarm_id)
            where = {"session_id": alarm.session_id, "device_id": alarm.device_id, "chair": alarm.chair} if alarm else {}
            title = alarm.title if alarm else ""
            key = f"{source} {tx.now.isoformat()}"
            await find(tx, fault_of(tx, key, source, kind, "high", tx.now, alarm_id=alarm_id, title=title, **where))
    for source, fault in sorted(known.items()):
        if source not in wrong:
            await mend(tx, fault, tx.now)


async def _either(tx: Tx, kind: FaultKind, source: str, *, wrong: bool, right: bool) -> None:
    """Open the one fault of a kind, or mend it; neither while it is not known yet."""
    known = await faults.open_of(tx, kind)
    if wrong and not known:
        await find(tx, fault_of(tx, f"{kind} {tx.new_id()}", source, kind, "high", tx.now))
    if right:
        for fault in known:
            await mend(tx, fault, tx.now)


async def _say_kept(tx: Tx, not_well: list[str], faults_open: int) -> None:
    figures = await faults.figures(tx, tx.now - DAY)
    tx.emit(
        AuditKept(
            clinic=tx.settings.prefix,
            all_well=not not_well,
            not_well=tuple(not_well),
            judged=figures.judged,
            unanswered=figures.unanswered,
            told_p50_seconds=figures.told_p50,
            told_p95_seconds=figures.told_p95,
            told_max_seconds=figures.told_max,
            answered_p50_seconds=figures.answered_p50,
            answered_p95_seconds=figures.answered_p95,
            answered_max_seconds=figures.answered_max,
            faults_open=faults_open,
            kept_at=tx.now,
        )
    )


async def tell_blind(tx: Tx) -> None:
    """What was said is not read up: nothing can be judged."""
    await _either(tx, "auditor blind", "auditor", wrong=True, right=False)


async def tell_dead_letter(letter: DeadLetter, tx: Tx) -> None:
    """A fact that cannot be read may be about a patient: one fault for each topic and source, until somebody takes care of it."""
    source = f"dead letters of {letter.topic} from {letter.source}"
    if any(fault.source == source for fault in await faults.open_of(tx, "unreadable")):
        return
    arrived: datetime = tx.now
    await find(tx, fault_of(tx, f"{source} {letter.id}", source, "unreadable", "high", arrived, title=letter.topic))
