"""A provider of texts and calls: a small real web server that speaks Twilio's REST API, and calls back with signed receipts.

async with SmsProvider() as provider:
    settings = provider.settings("http://127.0.0.1:8080")   # for notifications
    ...
    [text] = provider.texts
    await provider.receipt(client, text, "delivered")        # client: an httpx2.AsyncClient whose base is the service
    await provider.reply(client, text, "1234")               # the person answers
"""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx2
from pydantic import SecretStr

from services.notifications.jobs.sms import sign

ACCOUNT = "AC0123456789abcdef0123456789abcdef"


@dataclass
class Taken:
    """A message or a call that the provider took."""

    sid: str
    what: str
    """Messages or Calls."""
    form: dict[str, str]
    key: str
    """The idempotency key it came with."""

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def text(self) -> str:
        return self.form.get("Body") or self.form["Twiml"]


@dataclass
class SmsProvider:
    """Takes texts and calls. `fault` makes it misbehave: "refuses", "hangs", "breaks off", "busy", "wrong number"."""

    token: str = "a token of the provider"
    number: str = "+12025550199"
    fault: str = ""
    taken: list[Taken] = field(default_factory=list)
    asked: int = 0
    wrong_password: int = 0
    heard: int = 0
    """Replies that people texted."""
    base: str = ""
    called_back_at: str = ""
    _servers: list[asyncio.Server] = field(default_factory=list)
    _hanging: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> "SmsProvider":
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._servers.append(server)
        self.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/2010-04-01/Accounts/{ACCOUNT}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for writer in list(self._hanging):
            writer.transport.abort()
        for server in self._servers:
            await server.wait_closed()

    def settings(self, called_back_at: str) -> dict[str, Any]:
        """What notifications must be told of it."""
        self.called_back_at = called_back_at
        return {
            "sms_url": self.base,
            "sms_key": SecretStr(self.token),
            "sms_from": self.number,
            "sms_callback_secret": SecretStr(self.token),
            "callback_url": called_back_at,
        }

    @property
    def texts(self) -> list[Taken]:
        return [one for one in self.taken if one.what == "Messages"]

    @property
    def calls(self) -> list[Taken]:
        return [one for one in self.taken if one.what == "Calls"]

    async def receipt(
        self, client: httpx2.AsyncClient, one: Taken, status: str, *, token: str | None = None, **more: str
    ) -> httpx2.Response:
        """Say what became of a message, at the address it came with. `token` signs it with something else."""
        kind = "Call" if one.what == "Calls" else "Message"
        form = {f"{kind}Sid": one.sid, f"{kind}Status": status, "To": one.to, "From": self.number, "AccountSid": ACCOUNT} | more
        return await self.call_back(client, one.form["StatusCallback"], form, token=token)

    async def reply(
        self, client: httpx2.AsyncClient, one: Taken, text: str, *, sid: str = "", sender: str = "", token: str | None = None
    ) -> httpx2.Response:
        """The person texts back."""
        self.heard += 1
        form = {"MessageSid": sid or f"SM{self.heard:032x}", "From": sender or one.to, "To": self.number, "Body": text}
        address = f"{self.called_back_at}/replies/twilio"
        return await self.call_back(client, address, form | {"NumMedia": "0", "AccountSid": ACCOUNT}, token=token)

    async def call_back(
        self, client: httpx2.AsyncClient, address: str, form: Mapping[str, str], *, token: str | None = None
    ) -> httpx2.Response:
        """POST a signed form to the service, whose real address the client knows."""
        signature = sign(token or self.token, address, {name: [value] for name, value in form.items()})
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return await client.post(address.removeprefix(self.called_back_at), content=urlencode(form), headers=headers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        self.asked += 1
        if self.fault == "hangs":
            self._hanging.add(writer)
            await reader.read()
            self._hanging.discard(writer)
            writer.close()
            return
        status, answer, extra = self._take(head[0].split()[1], headers, body)
        said = json.dumps(answer).encode()
        kind = f"Content-Type: application/json\r\nContent-Length: {len(said)}\r\nConnection: close\r\n"
        sent = f"HTTP/1.1 {status}\r\n{kind}{extra}\r\n".encode() + said
        writer.write(sent[: len(sent) // 2] if self.fault == "breaks off" else sent)
        writer.close()

    def _take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[str, dict[str, Any], str]:
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{self.token}".encode()).decode()
        if headers.get("authorization") != expected:
            self.wrong_password += 1
            return "401 Unauthorized", {"code": 20003, "message": "Authenticate", "status": 401}, ""
        if self.fault == "refuses":
            return "503 Unavailable", {"code": 20503, "status": 503}, ""
        if self.fault == "busy":
            return "429 Too Many Requests", {"code": 20429, "status": 429}, "Retry-After: 60\r\n"
        form = {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        if self.fault == "wrong number":
            return "400 Bad Request", {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}, ""
        what = path.rpartition("/")[2].removesuffix(".json")
        one = Taken(
            f"{'SM' if what == 'Messages' else 'CA'}{len(self.taken):032x}", what, form, headers.get("idempotency-key", "")
        )
        self.taken.append(one)
        return "201 Created", {"sid": one.sid, "status": "queued"}, ""
