"""Bearer tokens of the embedded mode: signed with a key kept in the data folder, one table of roles."""

from datetime import timedelta
from pathlib import Path

from chairside.embedded.datadir import write_private
from chairside.problem import Problem
from kit.auth import jwks_of, mint, new_key_pair

ISSUER = AUDIENCE = "chairside"
ROLES: dict[str, tuple[str, ...]] = {
    "front-desk": ("appointments.read", "appointments.write", "charts.read", "charts.write", "sessions.read"),
    "intake-coordinator": (
        *("charts.read", "charts.write", "assessments.write", "consents.write", "screenings.write"),
        *("appointments.read", "appointments.write"),
    ),
    "nurse": (
        *("charts.read", "assessments.write", "appointments.read", "appointments.write", "sessions.read", "sessions.write"),
        *("vitals.write", "devices.bind", "alarms.acknowledge", "contacts.read", "pages.read"),
        *("drugs.read", "drugs.write", "drugs.witness", "roster.read", "roster.handover"),
        *("pages.answer", "audits.read", "audits.acknowledge"),
    ),
    "prescriber": (
        *("charts.read", "charts.write", "assessments.write", "screenings.write", "orders.sign", "appointments.read"),
        *("sessions.read", "sessions.write", "vitals.write", "alarms.acknowledge", "contacts.read", "pages.read"),
        *("drugs.read", "drugs.write", "drugs.witness", "roster.read", "roster.write"),
        *("pages.answer", "audits.read", "audits.acknowledge"),
    ),
    "drug-custodian": ("drugs.read", "drugs.write", "drugs.witness", "drugs.manage", "sessions.read"),
    "device": ("vitals.write",),
    "reviewer": ("sessions.read", "sessions.record"),
    "operator": (
        *("operations.read", "operations.redrive", "operations.contents", "staff.write", "contacts.read", "contacts.write"),
        *("appointments.read", "sessions.read", "pages.read", "roster.read", "roster.write", "roster.handover"),
        *("audits.read", "audits.acknowledge"),
    ),
}
ROLES["system"] = tuple(sorted({permission for role in ROLES.values() for permission in role}))


class Keys:
    """The signing key of a data folder. Services get its public half only."""

    def __init__(self, folder: Path) -> None:
        self.jwks = folder / "jwks.json"
        self._file = folder / "secrets" / "signing-key.pem"

    def ensure(self) -> None:
        """Draw the key on first use, and write the public half where services read it."""
        if not self._file.exists():
            write_private(self._file, new_key_pair()[0])
        public = jwks_of(self._file.read_text())
        if not self.jwks.exists() or self.jwks.read_text() != public:
            write_private(self.jwks, public)
            self.jwks.chmod(0o644)

    def token(self, role: str, *, subject: str, lasts: timedelta) -> str:
        """A token for a role, valid from now. Raises Problem for a role that does not exist."""
        if role not in ROLES:
            raise Problem(f"There is no role {role!r}.", todo=f"Choose one of: {', '.join(ROLES)}.")
        return mint(self._file.read_text(), subject, ROLES[role], lasts, issuer=ISSUER, audience=AUDIENCE)
