"""Bearer tokens of the embedded mode: signed with a key pair kept in the data folder, one table of roles."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chairside.embedded.datadir import write_private
from chairside.problem import Problem

ISSUER = AUDIENCE = "chairside"
KEY_ID = "embedded"
ROLES: dict[str, tuple[str, ...]] = {
    "front-desk": ("appointments.read", "appointments.write", "charts.read", "charts.write", "sessions.read"),
    "intake-coordinator": (
        *("charts.read", "charts.write", "assessments.write", "consents.write", "screenings.write"),
        *("appointments.read", "appointments.write"),
    ),
    "nurse": (
        *("charts.read", "assessments.write", "appointments.read", "appointments.write", "sessions.read", "sessions.write"),
        *("devices.bind", "alarms.acknowledge", "contacts.read", "pages.read"),
    ),
    "prescriber": (
        *("charts.read", "charts.write", "assessments.write", "screenings.write", "orders.sign", "appointments.read"),
        *("sessions.read", "sessions.write", "alarms.acknowledge", "contacts.read", "pages.read"),
    ),
    "device": ("vitals.write",),
    "operator": (
        *("operations.read", "operations.redrive", "operations.contents", "staff.write", "contacts.read", "contacts.write"),
        *("appointments.read", "sessions.read", "pages.read"),
    ),
}
ROLES["system"] = tuple(sorted({permission for role in ROLES.values() for permission in role}))


class Keys:
    """The key pair of a data folder. Services get the public half only."""

    def __init__(self, folder: Path) -> None:
        self.jwks = folder / "jwks.json"
        self._file = folder / "secrets" / "signing-key.pem"

    def ensure(self) -> None:
        """Draw the pair on first use, and write the public half where services read it."""
        if not self._file.exists():
            private = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_private(self._file, private.decode())
        public = self._private().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        x = base64.urlsafe_b64encode(public).decode().rstrip("=")
        key = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": KEY_ID, "alg": "EdDSA", "use": "sig"}
        write_private(self.jwks, json.dumps({"keys": [key]}))

    def token(self, role: str, *, subject: str, at: datetime, lasts: timedelta) -> str:
        """A token for a role, valid from a wall instant. Raises Problem for a role that does not exist."""
        if role not in ROLES:
            raise Problem(f"There is no role {role!r}.", todo=f"Choose one of: {', '.join(ROLES)}.")
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": int(at.timestamp()),
            "exp": int((at + lasts).timestamp()),
            "scope": " ".join(ROLES[role]),
        }
        return jwt.encode(claims, self._private(), algorithm="EdDSA", headers={"kid": KEY_ID})

    def _private(self) -> Ed25519PrivateKey:
        key = serialization.load_pem_private_key(self._file.read_bytes(), password=None)
        assert isinstance(key, Ed25519PrivateKey), "drawn by ensure"
        return key
