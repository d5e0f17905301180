"""Sessions: one patient's infusion, from the chair to the ride home."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.parts import GateFact, LimitMark, VitalSnapshot
from schemas.topic import SESSION_PARTITIONS, Topic


class SessionOpened(Event):
    """A patient sits in a chair; nothing runs yet."""

    session_id: UUID
    patient_id: UUID
    appointment_id: UUID
    order_id: UUID
    chair: int
    opened_at: Instant


class SessionCleared(Event):
    """The start gate is passed: the infusion may start."""

    session_id: UUID
    chair: int
    facts: tuple[GateFact, ...]
    rules_version: str
    actor: str
    cleared_at: Instant
    reason: str = ""
    vitals: tuple[VitalSnapshot, ...] = ()


class SessionHeld(Event):
    """The start gate is not passed; these facts are not met."""

    session_id: UUID
    chair: int
    outcome: Literal["RE-MEASURE", "HOLD", "CANCEL TODAY", "NO START"]
    facts: tuple[GateFact, ...]
    rules_version: str
    actor: str
    held_at: Instant
    reason: str = ""
    vitals: tuple[VitalSnapshot, ...] = ()


class SessionCancelled(Event):
    """There will be no infusion in this session."""

    session_id: UUID
    chair: int
    reason: str
    actor: str
    cancelled_at: Instant
    vitals: tuple[VitalSnapshot, ...] = ()


class InfusionStarted(Event):
    """The drug runs."""

    session_id: UUID
    chair: int
    dose_mg: float
    rate_mg_per_minute: float
    duration_minutes: int
    actor: str
    started_at: Instant
    concentration_mg_per_ml: float | None = None
    rate_ml_per_hour: float | None = None
    volume_ml: float | None = None
    reason: str = ""
    vitals: tuple[VitalSnapshot, ...] = ()


class InfusionSlowed(Event):
    """The drug runs at a part of its ordered rate."""

    session_id: UUID
    chair: int
    rate_percent: int
    reason: str
    actor: str
    slowed_at: Instant
    vitals: tuple[VitalSnapshot, ...] = ()


class InfusionPaused(Event):
    """The drug is held for now."""

    session_id: UUID
    chair: int
    reason: str
    actor: str
    paused_at: Instant
    vitals: tuple[VitalSnapshot, ...] = ()


class InfusionResumed(Event):
    """The drug runs again."""

    session_id: UUID
    chair: int
    rate_percent: int
    reason: str
    actor: str
    resumed_at: Instant
    vitals: tuple[VitalSnapshot, ...] = ()


class InfusionEnded(Event):
    """The ordered dose is in."""

    session_id: UUID
    chair: int
    actor: str
    ended_at: Instant
    given_mg: float | None = None
    """Computed from the rates and boluses; null from before this was kept."""
    reason: str = ""
    vitals: tuple[VitalSnapshot, ...] = ()


class InfusionStopped(Event):
    """The infusion was stopped before its end and will not go on."""

    session_id: UUID
    chair: int
    reason: str
    actor: str
    stopped_at: Instant
    given_mg: float | None = None
    """Computed from the rates and boluses; null from before this was kept."""
    vitals: tuple[VitalSnapshot, ...] = ()


class BolusGiven(Event):
    """A part of the ordered dose was given at once."""

    session_id: UUID
    chair: int
    mg: float
    given_mg: float
    """Given so far in this session, this bolus included."""
    reason: str
    actor: str
    given_at: Instant
    vitals: tuple[VitalSnapshot, ...] = ()


class TimeOutCompleted(Event):
    """Two people stood at the chair and agreed on patient, drug and dose; the infusion may be started."""

    session_id: UUID
    chair: int
    staff_ids: tuple[str, ...]
    """Two different ones, the first to say so first."""
    completed_at: Instant


class DoseChecked(Event):
    """Two people computed the ordered dose and its rate independently and came to the same."""

    session_id: UUID
    chair: int
    staff_ids: tuple[str, ...]
    why: str
    rules_version: str
    checked_at: Instant


class PatientTransferred(Event):
    """The patient was sent to a hospital; what ran was stopped before."""

    session_id: UUID
    patient_id: UUID
    chair: int
    reason: str
    actor: str
    transferred_at: Instant
    vitals: tuple[VitalSnapshot, ...] = ()


class DischargeJudged(Event):
    """Somebody asked whether the patient may go home, and this is the answer."""

    session_id: UUID
    chair: int
    ready: bool
    facts: tuple[GateFact, ...]
    rules_version: str
    actor: str
    judged_at: Instant
    vitals: tuple[VitalSnapshot, ...] = ()


class PatientDischarged(Event):
    """The patient went home with their escort."""

    session_id: UUID
    patient_id: UUID
    chair: int
    actor: str
    discharged_at: Instant
    no_drive_until: Instant | None = None
    """Earliest instant for driving, in the clinic's time zone."""
    vitals: tuple[VitalSnapshot, ...] = ()


class PatientLeftAgainstAdvice(Event):
    """The patient left before the clinic let them go."""

    session_id: UUID
    patient_id: UUID
    chair: int
    reason: str
    escort_called: bool
    missing: tuple[GateFact, ...]
    """What of the discharge gate was not met; empty where no infusion had run."""
    rules_version: str
    no_drive_until: Instant | None = None
    """Earliest instant for driving, in the clinic's time zone; null where no infusion had run."""
    actor: str
    left_at: Instant
    vitals: tuple[VitalSnapshot, ...] = ()


class FollowUpCallDue(Event):
    """Somebody who went home is to be called now."""

    session_id: UUID
    chair: int
    number: int
    """Counts the calls of a session, from 1."""
    after: Literal["discharge", "departure"]
    """Departure: the patient left against advice."""
    due_at: Instant


class FollowUpCallMade(Event):
    """Somebody called a patient who went home; the call stays open while nobody was reached."""

    session_id: UUID
    chair: int
    number: int
    reached: bool
    actor: str
    called_at: Instant


class DeviceBound(Event):
    """A device watches this session from now on."""

    device_id: str
    session_id: UUID
    chair: int
    bound_at: Instant


class DeviceReleased(Event):
    """A device no longer watches this session."""

    device_id: str
    session_id: UUID
    chair: int
    released_at: Instant


class PatientLimitSet(Event):
    """A prescriber set an alarm limit of this patient's own, until it expires."""

    session_id: UUID
    chair: int
    limit_id: UUID
    alarm: str
    priority: Literal["low", "medium", "high", "emergency"]
    marks: tuple[LimitMark, ...]
    author: str
    expires_at: Instant
    set_at: Instant


class PatientLimitWithdrawn(Event):
    """A limit of this patient's own was taken back."""

    session_id: UUID
    chair: int
    limit_id: UUID
    actor: str
    withdrawn_at: Instant


SESSIONS = Topic(
    "sessions",
    "monitoring",
    (
        SessionOpened,
        SessionCleared,
        SessionHeld,
        SessionCancelled,
        InfusionStarted,
        InfusionSlowed,
        InfusionPaused,
        InfusionResumed,
        InfusionEnded,
        InfusionStopped,
        BolusGiven,
        TimeOutCompleted,
        DoseChecked,
        PatientTransferred,
        DischargeJudged,
        PatientDischarged,
        PatientLeftAgainstAdvice,
        FollowUpCallDue,
        FollowUpCallMade,
        DeviceBound,
        DeviceReleased,
        PatientLimitSet,
        PatientLimitWithdrawn,
    ),
    key=("session_id",),
    partitions=SESSION_PARTITIONS,
)
