"""Staff: who works on a simulated morning, who has which chair, and where their pagers are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chairside.simulator.door import Door, Refusal, Who

OPERATOR = Who("operator", "simulated-operator")
FRONT_DESK = Who("front-desk", "front-desk-1")
COORDINATOR = Who("intake-coordinator", "coordinator-1")
SHIFT = timedelta(hours=10)
CHAIRS_PER_NURSE = 2
"""clinical 4.5: one trained nurse for two infusions at most (D)."""


@dataclass(frozen=True)
class Member:
    """Somebody on duty."""

    staff_id: str
    role: str
    chairs: tuple[int, ...] = ()

    @property
    def who(self) -> Who:
        """How they ask the clinic."""
        return Who("prescriber" if self.role in ("prescriber", "medical director") else "nurse", self.staff_id)


@dataclass(frozen=True)
class Roster:
    """Everybody on duty."""

    members: tuple[Member, ...]

    def nurse_of(self, chair: int) -> Member:
        """Who looks after a chair; the first nurse where nobody was asked to."""
        nurses = [member for member in self.members if member.role == "nurse"]
        return next((nurse for nurse in nurses if chair in nurse.chairs), nurses[0])

    def another(self, nurse: Who) -> Who:
        """A nurse who is somebody else: a second pair of eyes."""
        return next(member.who for member in self.members if member.role == "nurse" and member.who != nurse)

    def one(self, role: str) -> Member:
        """Somebody of a role."""
        return next(member for member in self.members if member.role == role)


def roster(chairs: int) -> Roster:
    """Nurses for so many chairs, a charge nurse, a prescriber and a medical director."""
    nurses = []
    for number, first in enumerate(range(1, chairs + 1, CHAIRS_PER_NURSE), start=1):
        nurses.append(Member(f"nurse-{number}", "nurse", tuple(range(first, min(first + CHAIRS_PER_NURSE, chairs + 1)))))
    if len(nurses) == 1:
        nurses.append(Member("nurse-2", "nurse"))
    others = (Member("charge-1", "charge nurse"), Member("prescriber-1", "prescriber"), Member("director-1", "medical director"))
    return Roster((*nurses, *others))


async def open_the_day(door: Door, people: Roster, pager: str, now: datetime) -> list[str]:
    """Register everybody, plan their shifts and chairs, and tell notifications where to reach them.

    Returns what was refused and matters to know: a chair that somebody else has.
    """
    notes = []
    for member in people.members:
        name = f"{member.staff_id.replace('-', ' ').title()} (simulated)"
        await door.ask(
            OPERATOR, "scheduling", "POST", "/staff", {"staff_id": member.staff_id, "display_name": name, "role": member.role}
        )
        during = {"starts_at": now.isoformat(), "ends_at": (now + SHIFT).isoformat()}
        await door.ask(OPERATOR, "scheduling", "POST", "/shifts", {"staff_id": member.staff_id, **during})
        for chair in member.chairs:
            asked = {"staff_id": member.staff_id, "chair": chair, **during}
            try:
                await door.ask(OPERATOR, "scheduling", "POST", "/chair-assignments", asked)
            except Refusal as refusal:
                if refusal.status == 409:
                    notes.append(f"chair {chair} is somebody else's already, who will be asked first")
                elif refusal.status != 422:  # the clinic has fewer chairs
                    raise
        channels = [{"channel": "webhook", "address": pager}, {"channel": "console", "address": member.staff_id}]
        await door.ask(OPERATOR, "notifications", "PUT", f"/contacts/{member.staff_id}", {"channels": channels})
    return notes
