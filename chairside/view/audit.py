"""Audit: what the auditor says of the way from an alarm to a person, as one line. Pure."""

from datetime import datetime, timedelta

from rich.text import Text

from chairside.view.picture import Picture
from chairside.view.telling import lasted

SILENT_AFTER = timedelta(seconds=30)
"""Three beats, on the wall's clock: then what it said last is not the present."""


def audit(picture: Picture, now: datetime, rate: float) -> list[Text]:
    """One line, or none while no auditor was ever heard."""
    kept = picture.audit
    if kept is None:
        return []
    line = Text("audit  ", style="dim", no_wrap=True, overflow="ellipsis")
    if now - kept.kept_at > SILENT_AFTER * rate:
        return [line.append(f"no sign of life for {lasted(now - kept.kept_at)}", style="bold red")]
    if picture.faults:
        worst = max(picture.faults.values(), key=lambda fault: fault.due_at)
        line.append(f"{len(picture.faults)} wrong: ", style="bold red").append(worst.what, style="red")
    elif not kept.all_well:
        line.append("; ".join(kept.not_well), style="yellow")
    else:
        line.append("all well", style="green")
    line.append(f"   unanswered {kept.unanswered}", style="bold red" if kept.unanswered else "dim")
    for word, slow in (("told", kept.told_p95_seconds), ("answered", kept.answered_p95_seconds)):
        if slow is not None:
            line.append(f"   {word} p95 {slow:.1f} s", style="dim")
    return [line]
