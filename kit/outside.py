"""Outside: whom a call to somebody else's server trusts."""

import ssl
from functools import cache

import httpx2


@cache
def trusted() -> ssl.SSLContext:
    """The certificate authorities, read once: reading them takes 15 ms of processor, many times what a call takes."""
    return httpx2.create_ssl_context()
