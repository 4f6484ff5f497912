"""One HTTP client a host: TLS only, time limits, a size cap, no redirects, nothing from the environment.

It sends a request once and returns what was heard; what that means is decided in ``http.py`` and ``oauth.py``.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

Json = dict[str, Any]
Transport = httpx.BaseTransport
"""What carries requests: the network, or a double."""

LIMITS = httpx.Timeout(connect=5, read=25, write=10, pool=5)
DEADLINE = timedelta(seconds=30)
LARGEST = 20 * 1024 * 1024
LONGEST_PAUSE = 25 * 3600.0

# Raised before a byte of the request left: the only failures after which a write may simply be sent again.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class TooLarge(Exception):
    """An answer grew beyond the size cap and was cut off."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as it arrived."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self, list_as: str = "") -> Json | None:
        """The body as a JSON object with exact decimals; None where it is anything else.

        A list counts as an object that has it under the name ``list_as``, where one is given.
        """
        try:
            value = json.loads(self.body, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, InvalidOperation, RecursionError):
            return None
        if list_as and isinstance(value, list):
            return {list_as: value}
        return value if isinstance(value, dict) else None


class UnsafeAddress(ValueError):
    """An address that keys must not be sent to; the message says what is allowed."""


class Wire:
    """Talks to one base address and no other. ``path`` starts with a slash and is already quoted.

    ``send`` raises ``httpx.RequestError``, ``TooLarge``, or whatever ``auth`` and ``transport`` raise.
    """

    def __init__(
        self,
        base_url: str,
        *,
        now: Callable[[], datetime],
        auth: httpx.Auth | None = None,
        transport: httpx.BaseTransport | None = None,
        allow_plain_http_on_loopback: bool = False,
    ) -> None:
        self._base = _safe(base_url, allow_plain_http_on_loopback=allow_plain_http_on_loopback)
        self._now = now
        self._auth = auth
        self._transport = transport

    @functools.cached_property
    def _client(self) -> httpx.Client:
        """Made by the first call: lines for tokens are seldom used."""
        return httpx.Client(
            auth=self._auth,
            transport=self._transport or direct(),
            timeout=LIMITS,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": "application/json", "User-Agent": "wonbooks"},
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Heard:
        request = self._client.build_request(
            method, f"{self._base}{path}", params=params, content=content or None, headers=headers
        )
        if not path.startswith("/") or (request.url.scheme, request.url.netloc) != (
            self._base.scheme,
            self._base.netloc,
        ):
            raise ValueError("a path must stay below the base address")
        response = self._client.send(request, stream=True)
        try:
            return Heard(response.status_code, response.headers, body_of(response, self._now))
        finally:
            response.close()

    def close(self) -> None:
        self._client.close()


def body_of(response: httpx.Response, now: Callable[[], datetime]) -> bytes:
    """All of an answer. Raises ``TooLarge``, or ``httpx.ReadTimeout`` where it takes too long."""
    # httpx limits the wait for each piece; an answer that trickles needs a limit for the whole.
    limit = now() + DEADLINE
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > LARGEST:
            raise TooLarge
        if now() > limit:
            raise httpx.ReadTimeout("the answer took too long")
        pieces.append(piece)
    return b"".join(pieces)


def direct() -> httpx.BaseTransport:
    """The real network: nothing is sent twice behind our back, no proxy from the environment."""
    return httpx.HTTPTransport(retries=0, trust_env=False, verify=_certificates())


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Whom TLS trusts, read once a process: reading it takes longer than most calls."""
    return httpx.create_ssl_context(trust_env=False)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header: a number or an HTTP date, at most 25 hours; None if it says nothing.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            moment = parsedate_to_datetime(text)
            seconds = (moment - now).total_seconds() if moment.tzinfo else -1.0
        except (TypeError, ValueError, OverflowError):
            return None
    return min(seconds, LONGEST_PAUSE) if seconds >= 0 else None


def _safe(base_url: str, *, allow_plain_http_on_loopback: bool) -> httpx.URL:
    url = httpx.URL(base_url.rstrip("/"))
    plain = url.scheme == "http" and allow_plain_http_on_loopback and is_loopback(url.host)
    if not url.host or url.userinfo or url.query or url.fragment or not (url.scheme == "https" or plain):
        raise UnsafeAddress(
            f"The address of {url.host or 'a system'} must begin with https://. Plain http is for this machine only, "
            "and only with WONBOOKS_ALLOW_PLAIN_HTTP_ON_LOOPBACK=true."
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether it is this machine, by what it is called."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
