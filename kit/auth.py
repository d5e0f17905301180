"""Who may do what: bearer tokens that name their permissions, and signed links that need no token."""

import asyncio
import base64
import hashlib
import hmac
import json
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm
from pydantic import BaseModel, ValidationError

from kit.clock import monotonic, wall

ALGORITHMS = ["EdDSA", "RS256"]
REFRESH_AFTER = 30.0
"""Seconds before an unknown key id makes us fetch the key set again."""


class TokenRefused(Exception):
    """The token proves nothing. The text says why and what to do; it never repeats the token."""


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
    _keys: dict[str, Any] = field(default_factory=dict)
    _fetched: float = float("-inf")

    async def verify(self, token: str) -> Principal:
        """Who a token speaks for. Raises TokenRefused."""
        try:
            key = await self._key_of(jwt.get_unverified_header(token).get("kid", ""))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self.issuer,
                audience=self.audience,
                options={"require": ["exp", "sub"]},
                leeway=5,
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenRefused("The token has expired; get a new one.") from error
        except jwt.InvalidIssuerError as error:
            raise TokenRefused(f"The token is not from the issuer {self.issuer!r}.") from error
        except jwt.InvalidAudienceError as error:
            raise TokenRefused(f"The token is not meant for {self.audience!r}.") from error
        except jwt.MissingRequiredClaimError as error:
            raise TokenRefused(f"The token lacks the claim {error.claim!r}.") from error
        except jwt.PyJWTError as error:
            raise TokenRefused("The token cannot be verified; get a new one.") from error
        return Principal(str(claims["sub"]), frozenset(str(claims.get("scope", "")).split()))

    async def _key_of(self, kid: str) -> Any:
        if kid not in self._keys and monotonic() - self._fetched > REFRESH_AFTER:
            try:
                text = await asyncio.to_thread(_read, self.jwks)
                self._keys = {key.key_id or "": key.key for key in jwt.PyJWKSet.from_json(text).keys}
            except (OSError, ValueError, jwt.PyJWTError) as error:
                raise TokenRefused("The issuer's keys cannot be read just now; try again.") from error
            self._fetched = monotonic()
        if kid not in self._keys:
            raise TokenRefused("The token is signed with a key the issuer does not publish.")
        return self._keys[kid]


def _read(jwks: str) -> str:
    if jwks.startswith("https://"):
        with urllib.request.urlopen(jwks, timeout=5) as answer:  # noqa: S310
            return str(answer.read().decode())
    return Path(jwks).read_text()


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
    """A payload as a token that fits a URL and cannot be changed."""
    body = f"{LINK_VERSION}.{int(expires_at.timestamp())}.{_text(payload.model_dump_json().encode())}"
    return f"{body}.{_signature(secret, body)}"


def read_link(secret: str, token: str, model: type[M], now: datetime) -> M:
    """The payload of a link. Raises LinkRefused."""
    body, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(secret, body).encode()):
        raise LinkRefused("This link is not one of ours, or it was cut short.")
    try:
        version, expires, payload = body.split(".")
        if version != LINK_VERSION:
            raise LinkRefused("This link is of another version.")
        if now > datetime.fromtimestamp(int(expires), UTC):
            raise LinkRefused("This link has expired.", expired=True)
        return model.model_validate_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, ValidationError) as error:
        raise LinkRefused("This link cannot be read.") from error


def _signature(secret: str, body: str) -> str:
    return _text(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()[:16])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
