"""Webhooks: what a receiver believes, by the rules of Standard Webhooks."""

from datetime import UTC, datetime, timedelta

import pytest

from kit.webhooks import WINDOW_S, signature, verify

SECRET = "a secret of more than sixteen characters"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BODY = b'{"page_id": "p"}'


def headers(*, sent: datetime = NOW, secret: str = SECRET, body: bytes = BODY) -> dict[str, str]:
    stamp = str(int(sent.timestamp()))
    return {"Webhook-Id": "m1", "Webhook-Timestamp": stamp, "Webhook-Signature": signature(secret, "m1", stamp, body)}


def test_a_message_of_ours_is_believed_whatever_the_case_of_its_headers() -> None:
    assert verify(SECRET, headers(), BODY, NOW)
    assert verify(SECRET, {name.lower(): value for name, value in headers().items()}, BODY, NOW)


@pytest.mark.parametrize(
    ("off", "believed"), [(-WINDOW_S - 1, False), (-WINDOW_S, True), (WINDOW_S, True), (WINDOW_S + 1, False)]
)
def test_a_message_is_believed_within_the_window_and_is_a_replay_beyond_it(off: float, believed: bool) -> None:
    assert verify(SECRET, headers(sent=NOW + timedelta(seconds=off)), BODY, NOW) is believed


@pytest.mark.parametrize(
    "forged",
    [
        headers(secret="another secret altogether"),
        headers(body=BODY + b" "),
        headers() | {"Webhook-Id": "m2"},
        headers() | {"Webhook-Timestamp": str(int(NOW.timestamp()) + 1)},
        headers() | {"Webhook-Timestamp": "soon"},
        headers() | {"Webhook-Timestamp": "\u0661"},
        headers() | {"Webhook-Signature": "v1,not base64"},
        headers() | {"Webhook-Signature": "v1,\xff"},
        headers() | {"Webhook-Signature": ""},
        {},
    ],
)
def test_anything_else_is_not(forged: dict[str, str]) -> None:
    assert not verify(SECRET, forged, BODY, NOW)


def test_of_several_signatures_one_is_enough_while_a_secret_is_changed() -> None:
    new = headers()
    old = headers(secret="the secret of last year")
    assert verify(SECRET, new | {"Webhook-Signature": f"{old['Webhook-Signature']} {new['Webhook-Signature']}"}, BODY, NOW)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """Worked with openssl: printf 'msg_1.1674087231.{"a":1}' | openssl dgst -sha256 -hmac secretsecretsecret -binary | base64."""
    assert signature("secretsecretsecret", "msg_1", "1674087231", b'{"a":1}') == "v1,OYWBQEsZIcB2P9m02YnMn6A2MPI+BmQHxWSaSX1DZ+Q="
