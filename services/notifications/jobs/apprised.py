"""Mail, chat and push by apprise, which knows some 170 services by URL. Such a URL is a secret, and never logged or shown.

Each message has a thread of its own: a server that hangs holds up no other, and at most until its sockets time out.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from urllib.parse import parse_qs, quote, urlsplit

import apprise
from apprise.plugins import NotifyBase

from kit.errors import Rejected, TryLater
from services.notifications.rules.channels import NotAnAddress
from services.notifications.settings import NotificationsSettings

ON_THIS_MACHINE = frozenset(
    {
        "blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "rsyslog", "syslog", "windows",
    }
)  # fmt: skip
"""They show something on this machine, write to its log or run its programs: nobody is reached."""
OF_FILES = frozenset({"attach", "keyfile", "pgpkey", "subfile", "template"})
"""Parameters that name a file of this machine, which would be read, and maybe sent."""
SOCKET_S = 2.0
"""Wall seconds to connect, and to wait for each answer."""


def check(url: str) -> None:
    """Whether apprise could send by this URL; nothing is sent. Raises NotAnAddress, which says what was expected."""
    scheme = urlsplit(url).scheme.lower() if "://" in url else ""
    if not scheme:
        raise NotAnAddress("an apprise URL, as in slack://... or ntfys://host/topic")
    if scheme in ON_THIS_MACHINE:
        raise NotAnAddress("an apprise URL of a service that reaches a person elsewhere; this one stays on the server itself")
    if OF_FILES & {name.lower() for name in parse_qs(urlsplit(url).query, keep_blank_values=True)}:
        raise NotAnAddress(f"an apprise URL without parameters that name a file of the server: {', '.join(sorted(OF_FILES))}")
    if _instance(url) is None:
        raise NotAnAddress("an apprise URL that is whole: apprise does not know this scheme, or a part of the URL is missing")


async def notify(url: str, title: str, body: str) -> None:
    """Send by a URL. Raises Rejected where it is none, TryLater when the service did not take it."""
    service = _instance(url)
    if service is None:
        raise Rejected("the address is none that apprise knows")
    sender = apprise.Apprise(asset=_asset())
    sender.add(service)
    with _of_its_own() as thread:
        taken = await asyncio.get_running_loop().run_in_executor(thread, lambda: bool(sender.notify(title=title, body=body)))
    if not taken:
        raise TryLater("the service did not take it")


async def mail(settings: NotificationsSettings, to: str, title: str, body: str) -> None:
    """Mail somebody. Raises as `notify`, and Rejected when no mail server is set."""
    if settings.mail_url is None:
        raise Rejected("no mail server is set: CHAIRSIDE_NOTIFICATIONS_MAIL_URL")
    base = settings.mail_url.get_secret_value()
    await notify(f"{base}{'&' if '?' in base else '?'}to={quote(to)}", title, body)


class _of_its_own(ThreadPoolExecutor):  # noqa: N801
    """One thread, which is not waited for: an attempt that is out of time goes on without it."""

    def __init__(self) -> None:
        super().__init__(1, thread_name_prefix="apprise")

    def __exit__(self, *_: object) -> None:
        self.shutdown(wait=False)


@cache
def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(app_id="Chairside", app_desc="Chairside", storage_mode="memory")


def _instance(url: str) -> NotifyBase | None:
    service = apprise.Apprise.instantiate(url, asset=_asset())
    if service is not None:
        service.socket_connect_timeout = service.socket_read_timeout = SOCKET_S
    return service
