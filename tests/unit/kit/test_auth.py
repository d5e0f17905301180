"""Tokens and links: what proves something, what does not, and what is said about it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from pydantic import BaseModel

from kit import auth
from kit.auth import LinkRefused, Principal, TokenRefused, Verifier, mint, new_key_pair, read_link, sign_link
from kit.clock import wall
from kit.errors import TryLater

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = "a secret of the clinic's own"


class Turned:
    """Seconds turned by hand."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


class Issuer:
    """Somebody who signs, and publishes in a file."""

    def __init__(self, folder: Path) -> None:
        self.jwks = folder / "jwks.json"
        self.seconds = Turned()
        self.verifier = Verifier(str(self.jwks), "clinic", "chairside", self.seconds)
        self.rotate()

    def rotate(self) -> None:
        self.pem, keys = new_key_pair()
        self.jwks.write_text(keys)

    @property
    def kid(self) -> str:
        return str(json.loads(self.jwks.read_text())["keys"][0]["kid"])

    def token(self, *, subject: str = "nurse-1", hours: float = 1, issuer: str = "clinic", audience: str = "chairside") -> str:
        return mint(self.pem, subject, ["charts.read"], timedelta(hours=hours), issuer=issuer, audience=audience)

    async def refusal(self, token: str) -> str:
        with pytest.raises(TokenRefused) as refused:
            await self.verifier.verify(token)
        return str(refused.value)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    real: Callable[[str], str] = auth._read

    def counted(jwks: str) -> str:
        made.append(jwks)
        return real(jwks)

    monkeypatch.setattr(auth, "_read", counted)
    return made


async def test_a_good_token_says_who_and_what(issuer: Issuer) -> None:
    assert await issuer.verifier.verify(issuer.token()) == Principal("nurse-1", frozenset({"charts.read"}))


async def test_an_rs256_token_is_good_too(issuer: Issuer) -> None:
    key: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)
    issuer.jwks.write_text(json.dumps({"keys": [json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": "r"}]}))
    claims = {"iss": "clinic", "aud": "chairside", "sub": "n", "exp": wall() + timedelta(hours=1)}
    assert (await issuer.verifier.verify(jwt.encode(claims, key, "RS256", {"kid": "r"}))).subject == "n"


async def test_what_is_wrong_is_said(issuer: Issuer) -> None:
    expired = await issuer.refusal(issuer.token(hours=-1))
    assert f"expired at {wall() - timedelta(hours=1):%Y-%m-%dT%H:}" in expired
    assert "mint a new one" in expired
    assert "'clinic'" in await issuer.refusal(issuer.token(issuer="other"))
    assert "'chairside'" in await issuer.refusal(issuer.token(audience="other"))
    assert "subject is empty" in await issuer.refusal(issuer.token(subject=" "))


async def test_a_forged_token_is_refused_whatever_its_algorithm(issuer: Issuer) -> None:
    claims = {"iss": "clinic", "aud": "chairside", "sub": "n", "exp": wall() + timedelta(hours=1)}
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    stranger, _ = new_key_pair()
    forged = [
        jwt.encode(claims, rsa, "RS256", {"kid": issuer.kid}),
        jwt.encode(claims, None, "none", {"kid": issuer.kid}),
        jwt.encode(claims, "k" * 40, "HS256", {"kid": issuer.kid}),
        jwt.encode(claims, auth._private(stranger), "EdDSA", {"kid": issuer.kid}),
        *("", "x", "a.b.c", "é.é.é", "\0"),
    ]
    for token in forged:
        assert "cannot be verified" in await issuer.refusal(token)


async def test_requests_during_the_first_reading_wait_for_it_and_it_is_one(issuer: Issuer, reads: list[str]) -> None:
    who = await asyncio.gather(*(issuer.verifier.verify(issuer.token()) for _ in range(20)))
    assert {one.subject for one in who} == {"nurse-1"}
    assert len(reads) == 1


async def test_unknown_keys_do_not_make_us_read_again_and_again(issuer: Issuer, reads: list[str]) -> None:
    await issuer.verifier.verify(issuer.token())
    stranger, _ = new_key_pair()
    for _ in range(10):
        token = mint(stranger, "n", [], timedelta(hours=1), issuer="clinic", audience="chairside")
        assert "does not publish" in await issuer.refusal(token)
    assert len(reads) == 1


async def test_a_new_key_is_found_and_a_withdrawn_one_forgotten(issuer: Issuer) -> None:
    old = issuer.token()
    await issuer.verifier.verify(old)
    issuer.rotate()
    await issuer.verifier.verify(old)
    issuer.seconds.at += auth.OLD_AFTER + 1
    assert "does not publish" in await issuer.refusal(old)
    assert (await issuer.verifier.verify(issuer.token())).subject == "nurse-1"


async def test_an_issuer_that_is_away_is_no_fault_of_the_tokens(issuer: Issuer) -> None:
    token = issuer.token()
    kept = issuer.jwks.read_text()
    issuer.jwks.unlink()
    with pytest.raises(TryLater):
        await issuer.verifier.verify(token)
    issuer.jwks.write_text(kept)
    issuer.seconds.at += 2
    await issuer.verifier.verify(token)
    issuer.jwks.unlink()
    issuer.seconds.at += auth.OLD_AFTER + 1
    assert (await issuer.verifier.verify(token)).subject == "nurse-1", "known keys serve while the issuer is away"


class Answer(BaseModel):
    page: str


def test_a_link_is_read_by_who_signed_it_until_it_expires() -> None:
    link = sign_link(SECRET, Answer(page="p1"), NOW)
    assert read_link(SECRET, link, Answer, NOW) == Answer(page="p1")
    with pytest.raises(LinkRefused, match="expired") as refused:
        read_link(SECRET, link, Answer, NOW + timedelta(seconds=1))
    assert refused.value.expired


def test_a_link_that_was_changed_anywhere_is_forged_not_expired() -> None:
    link = sign_link(SECRET, Answer(page="p1"), NOW)
    for place in range(len(link)):
        changed = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        if auth._signature(SECRET, changed.rpartition(".")[0]) == changed.rpartition(".")[2]:
            continue
        with pytest.raises(LinkRefused, match="not one of ours") as refused:
            read_link(SECRET, changed, Answer, NOW + timedelta(days=9))
        assert not refused.value.expired
    for garbage in ("", ".", "é", "a.b.c.d"):
        with pytest.raises(LinkRefused, match="not one of ours"):
            read_link(SECRET, garbage, Answer, NOW)
    with pytest.raises(LinkRefused, match="not one of ours"):
        read_link("another secret of a clinic", link, Answer, NOW)


def test_a_secret_too_short_signs_nothing() -> None:
    with pytest.raises(ValueError, match="16 characters"):
        sign_link("", Answer(page="p1"), NOW)
