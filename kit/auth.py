"""Who may do what: bearer tokens that name their permissions, and signed links that need no token."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm
from pydantic import BaseModel, ValidationError

from kit.clock import monotonic, wall
from kit.errors import TryLater

log = structlog.get_logger("kit.auth")

ALGORITHMS = frozenset({"EdDSA", "RS256"})
REFRESH_AFTER = 30.0
"""Seconds between two readings of the key set, however many unknown key ids are shown to us."""
OLD_AFTER = 600.0
"""Seconds after which known keys are read again: a key its issuer withdrew is not honoured for longer."""
MOST_BYTES = 1_000_000


class TokenRefused(Exception):
    """The token proves nothing, or is missing. The text says why and what to do; it never repeats the token."""

    def __init__(self, text: str, *, missing: bool = False) -> None:
        super().__init__(text)
        self.missing = missing


@dataclass(frozen=True)
class Principal:
    """Who asks, and what they may."""

    subject: str
    permissions: frozenset[str]


@dataclass
class Verifier:
    """Checks tokens against an issuer's key set, which is a file or an https address."""

    jwks: str
    issuer: str
    audience: str
    seconds: Callable[[], float] = monotonic
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _read_at: float = float("-inf")
    _tried_at: float = float("-inf")
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def verify(self, token: str) -> Principal:
        """Who a token speaks for. Raises TokenRefused, and TryLater when the issuer's keys cannot be had."""
        try:
            key = await self._key_of(jwt.get_unverified_header(token).get("kid", ""))
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self.issuer,
                audience=self.audience,
                options={"require": ["exp", "sub"]},
                leeway=5,
            )
        except jwt.ExpiredSignatureError:
            raise TokenRefused(f"The token expired at {_end_of(token)}; mint a new one.") from None
        except jwt.InvalidIssuerError:
            raise TokenRefused(f"The token is not from the issuer {self.issuer!r}.") from None
        except jwt.InvalidAudienceError:
            raise TokenRefused(f"The token is not meant for {self.audience!r}.") from None
        except jwt.MissingRequiredClaimError as error:
            raise TokenRefused(f"The token lacks the claim {error.claim!r}.") from None
        except (jwt.PyJWTError, ValueError):
            raise TokenRefused("The token cannot be verified; mint a new one.") from None
        subject = str(claims["sub"]).strip()
        if not subject:
            raise TokenRefused("The token's subject is empty; mint one that names who asks.")
        return Principal(subject, frozenset(str(claims.get("scope", "")).split()))

    async def _key_of(self, kid: str) -> jwt.PyJWK:
        # While one request reads an old key set again, the others go on with the keys they know.
        if self._is_due(kid) and not (kid in self._keys and self._one_at_a_time.locked()):
            async with self._one_at_a_time:
                if self._is_due(kid):
                    await self._read_again()
        if kid in self._keys:
            return self._keys[kid]
        if not self._keys:
            raise TryLater("the issuer's keys cannot be read")
        raise TokenRefused("The token is signed with a key the issuer does not publish.")

    def _is_due(self, kid: str) -> bool:
        now = self.seconds()
        pause = REFRESH_AFTER if self._keys else 1.0
        return now - self._tried_at > pause and (kid not in self._keys or now - self._read_at > OLD_AFTER)

    async def _read_again(self) -> None:
        try:
            found = jwt.PyJWKSet.from_json(await asyncio.to_thread(_read, self.jwks)).keys
            self._keys = {key.key_id or "": key for key in found if key.algorithm_name in ALGORITHMS}
            self._read_at = self.seconds()
        except (OSError, ValueError, http.client.HTTPException, jwt.PyJWTError) as error:
            log.warning("the issuer's keys cannot be read", error=type(error).__name__, known=len(self._keys))
        finally:
            self._tried_at = self.seconds()  # only now: who comes while we read waits for what we find


def _end_of(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return datetime.fromtimestamp(int(claims["exp"]), UTC).isoformat().replace("+00:00", "Z")


def _read(jwks: str) -> str:
    if not jwks.startswith("https://"):
        return Path(jwks).read_text(encoding="utf-8")
    with urllib.request.urlopen(jwks, timeout=5) as answer:  # noqa: S310
        if not answer.url.startswith("https://"):
            raise ValueError("the issuer's address leads away from https")
        return str(answer.read(MOST_BYTES).decode())


def new_key_pair() -> tuple[str, str]:
    """A fresh Ed25519 key as PEM, and the key set that verifies it as JSON."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, jwks_of(pem)


def jwks_of(pem: str) -> str:
    """The public key set of a private key. Its key id is drawn from the key itself."""
    public = json.loads(OKPAlgorithm.to_jwk(_private(pem).public_key()))
    return json.dumps({"keys": [{**public, "kid": _kid(public), "use": "sig", "alg": "EdDSA"}]})


def mint(
    pem: str,
    subject: str,
    permissions: Sequence[str],
    lifetime: timedelta,
    *,
    issuer: str,
    audience: str,
    now: datetime | None = None,
) -> str:
    """A token, on the wall clock."""
    begun = now or wall()
    private = _private(pem)
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "scope": " ".join(permissions),
        "iat": begun,
        "exp": begun + lifetime,
    }
    public = json.loads(OKPAlgorithm.to_jwk(private.public_key()))
    return jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": _kid(public)})


def _private(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the signing key is not Ed25519")
    return key


def _kid(public: dict[str, Any]) -> str:
    return hashlib.sha256(str(public["x"]).encode()).hexdigest()[:16]


# --- links ---

M = TypeVar("M", bound=BaseModel)
LINK_VERSION = "1"


class LinkRefused(Exception):
    """The link proves nothing: `expired` tells an old one from a forged one."""

    def __init__(self, text: str, *, expired: bool = False) -> None:
        super().__init__(text)
        self.expired = expired


def sign_link(secret: str, payload: BaseModel, expires_at: datetime) -> str:
    """A payload as a token that fits a URL and cannot be changed. Raises ValueError when the secret is too short to be one."""
    if len(secret) < 16:
        raise ValueError("a link's secret has at least 16 characters")
    body = f"{LINK_VERSION}.{int(expires_at.timestamp())}.{_text(payload.model_dump_json().encode())}"
    return f"{body}.{_signature(secret, body)}"


def read_link(secret: str, token: str, model: type[M], now: datetime) -> M:
    """The payload of a link. Raises LinkRefused."""
    body, _, signature = token.rpartition(".")
    if not token.isascii() or not hmac.compare_digest(signature, _signature(secret, body)):
        raise LinkRefused("This link is not one of ours, or it was cut short.")
    try:
        version, expires, payload = body.split(".")
        if version != LINK_VERSION:
            raise LinkRefused("This link is of another version.")
        if now > datetime.fromtimestamp(int(expires), UTC):
            raise LinkRefused("This link has expired.", expired=True)
        return model.model_validate_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, ValidationError):
        raise LinkRefused("This link cannot be read.") from None


def _signature(secret: str, body: str) -> str:
    return _text(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()[:16])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
