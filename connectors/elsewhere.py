"""A file at an address that a system handed out: fetched once, without any key, from the public network only.

A host's name counts by the addresses it stands for, and just these are connected to: no address that somebody put into
a CRM leads into our own network.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from datetime import datetime

import httpx

from connectors.errors import Rejected, Unavailable
from connectors.wire import LIMITS, TooLarge, Transport, UnsafeAddress, body_of, direct, is_loopback

CALL = "GET the address of a file"


class Public(httpx.BaseTransport):
    """Passes on what goes to the public network, or to this machine if it may; else raises ``UnsafeAddress``."""

    def __init__(
        self, inner: Transport, *, loopback: bool, resolve: Callable[[str], Sequence[str]] | None = None
    ) -> None:
        self._inner = inner
        self._loopback = loopback
        self._resolve = resolve or _addresses

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        found = [ipaddress.ip_address(each) for each in self._resolve(host)]
        if not found or not all(self._allowed(each) for each in found):
            raise UnsafeAddress("not in the public network")
        # Asked once more, the name might stand for another address. Certificates still go by the name.
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=str(found[0]))
        return self._inner.handle_request(request)

    def _allowed(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        address = getattr(address, "ipv4_mapped", None) or address
        return (address.is_global and not address.is_multicast) or (self._loopback and address.is_loopback)

    def close(self) -> None:
        self._inner.close()


class Elsewhere:
    """Fetches files that ``system`` keeps at other addresses: https, no redirect, a limit of size and of time."""

    def __init__(
        self,
        system: str,
        *,
        now: Callable[[], datetime],
        transport: Transport | None = None,
        allow_plain_http_on_loopback: bool = False,
    ) -> None:
        self._system = system
        self._now = now
        self._transport = transport
        self._loopback = allow_plain_http_on_loopback

    def fetch(self, address: str) -> bytes:
        """What is there. Raises ``Rejected`` or ``Unavailable``, neither of which names the address: it is a secret."""
        try:
            status, content = self._heard(address)
        except (UnsafeAddress, httpx.InvalidURL):
            raise self._rejected("It is at an address that is not safe to fetch from.") from None
        except TooLarge:
            raise self._rejected("It is larger than 20 MB.") from None
        except httpx.RequestError as problem:
            raise Unavailable(self._system, CALL, f"no answer ({type(problem).__name__})") from None
        if status in {408, 429} or status >= 500:
            raise Unavailable(self._system, CALL, f"answered {status}")
        if status != 200:
            raise self._rejected(f"Where it is kept, the answer was {status}.")
        return content

    def _heard(self, address: str) -> tuple[int, bytes]:
        url = httpx.URL(address)
        plain = url.scheme == "http" and self._loopback and is_loopback(url.host)
        if not url.host or url.userinfo or not (url.scheme == "https" or plain):
            raise UnsafeAddress("not https")
        transport = self._transport or Public(direct(), loopback=self._loopback)
        client = httpx.Client(transport=transport, timeout=LIMITS, trust_env=False, headers={"User-Agent": "wonbooks"})
        with client, client.stream("GET", url, follow_redirects=False) as response:
            return response.status_code, body_of(response, self._now)

    def _rejected(self, words: str) -> Rejected:
        return Rejected(self._system, CALL, words=(words,))


def _addresses(host: str) -> list[str]:
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except OSError:
        raise httpx.ConnectError("the name is not known") from None
