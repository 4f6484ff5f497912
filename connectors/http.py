"""Asking a system: pace, retries within seconds, and what each answer means.

A read may be repeated and a write may not, and that is the whole difference between ``read`` and ``write``:

==========================================  ==============================  ======================================
answer                                      a read                          a write
==========================================  ==============================  ======================================
not sent: no address, no connection, TLS    again, then ``Unavailable``     ``Unavailable``
429, 477 (being moved)                      again if short, ``Throttled``   ``Throttled``
423 (locked)                                again, then ``Unavailable``     ``Unavailable``
401, 403                                    ``NotConnected``                ``NotConnected``
404                                         ``Gone``                        ``Gone``
400, 409, 422                               ``Rejected``                    ``Rejected``
lost, cut off, 408, 5xx, 2xx without sense  again, then ``Unavailable``     ``OutcomeUnknown``
3xx and everything else                     ``Rejected``                    ``OutcomeUnknown``
==========================================  ==============================  ======================================

A vendor that says one of these with another status has a ``Dialect.status`` that translates it.
"""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypedDict, Unpack
from urllib.parse import quote

import httpx
import tenacity

from connectors.errors import (
    ConnectorError,
    Gone,
    NoRoom,
    NotConnected,
    OutcomeUnknown,
    Rejected,
    Throttled,
    TryLater,
    Unavailable,
)
from connectors.wire import UNSENT, Heard, Json, TooLarge, Wire, direct, retry_after

ATTEMPTS = 4
PATIENCE = 20.0  # seconds spent waiting within one read
SHORT_PAUSE = 10.0  # seconds; a longer one is somebody else's to wait out
DEFAULT_PAUSE = 10.0
MINUTE = 60.0
DAILY_PAUSE = 3600.0  # where a daily limit names no end: ask again hourly, at the price of one call

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_SCOPE = re.compile(r'scope="?([A-Za-z0-9._ -]{1,300})')


class Pace(Protocol):
    """The calls that each system still allows, kept for all processes together."""

    def spend(self, system: str, cost: int) -> None:
        """Count one call of this cost before it is made; raises ``Throttled`` while the system is paused."""
        ...

    def heard(
        self,
        system: str,
        *,
        day_left: int | None,
        day_most: int | None,
        minute_left: int | None,
        pause: float | None,
        daily: bool,
    ) -> None:
        """Note what an answer said of the day's calls, of those left in the minute, and of a pause, in seconds."""
        ...


def _as_said(heard: Heard, body: Json | None) -> int:  # noqa: ARG001 - others look at the body
    return heard.status


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _one(method: str, path: str) -> int:  # noqa: ARG001 - others look at the call
    return 1


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one vendor says things: the headers that count down, its words of refusal, the scope it misses.

    ``daily(headers, body)`` tells whether a 429 is about the day's calls. ``reset`` is a header with the seconds to
    wait, where there is no Retry-After. ``status(heard, body)`` is the status that an answer amounts to; the body is
    None where it is no JSON object. At most ``burst`` calls leave within ``burst_seconds``, 0 for as many as we like.
    ``count`` reads a header that counts down, ``count_most`` the one with all of the day's calls, ``day_most``. Where
    no header tells, the day is counted by us: ``allowance`` calls, of which each takes ``cost(method, path)``.
    An answer that is a list is kept under the name ``list_as``, where there is one.
    """

    words: Callable[[Json], tuple[str, ...]]
    scopes: Callable[[Json], str]
    daily: Callable[[httpx.Headers, Json], bool]
    day_left: str = ""
    minute_left: str = ""
    reset: str = ""
    status: Callable[[Heard, Json | None], int] = _as_said
    burst: int = 0
    burst_seconds: float = 1.0
    count: Callable[[str], int | None] = _count
    day_most: str = ""
    count_most: Callable[[str], int | None] = _count
    allowance: int = 0
    cost: Callable[[str, str], int] = _one
    list_as: str = ""


class Call(TypedDict, total=False):
    """What a call may carry: a query, bytes (JSON unless a header says otherwise), headers, what fills its path.

    ``ids`` are letters, digits and the like; ``names`` may be anything and are quoted.
    """

    params: Mapping[str, str]
    content: bytes
    headers: Mapping[str, str]
    ids: Mapping[str, str]
    names: Mapping[str, str]


class Http:
    """One system's API. ``read`` and ``write`` return the JSON object of the answer, empty for a 204.

    A ``path`` is a template such as ``/Invoices/{id}``, filled from ``ids``: errors name the template only, never
    an id, a query, a body or a header.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        *,
        dialect: Dialect,
        auth: httpx.Auth,
        pace: Pace,
        sleep: Callable[[float], None],
        now: Callable[[], datetime],
        transport: httpx.BaseTransport | None = None,
        jitter: Callable[[], float] = random.random,
        allow_plain_http_on_loopback: bool = False,
    ) -> None:
        self.system = system
        self._dialect = dialect
        self._pace = pace
        self._sleep = sleep
        self._now = now
        self._jitter = jitter
        self._wire = Wire(
            base_url,
            now=now,
            auth=auth,
            transport=_Paced(system, pace, dialect.cost, _Room(dialect, sleep, now), transport),
            allow_plain_http_on_loopback=allow_plain_http_on_loopback,
        )

    def read(self, method: str, path: str, **call: Unpack[Call]) -> Json:
        """Ask for something: a GET, or a POST that changes nothing; repeated a few times within seconds."""
        return self._retrying()(self._once, method, path, Unavailable, call)

    def fetch(self, path: str, follow: Callable[[str], bytes] | None = None, **call: Unpack[Call]) -> bytes:
        """GET a file, as it is; repeated a few times within seconds.

        Where we are sent to another address, ``follow`` fetches from there, without our key.
        """
        return self._retrying()(self._file, path, follow, call)

    def _retrying(self) -> tenacity.Retrying:
        return tenacity.Retrying(
            sleep=self._sleep,
            wait=self._wait,
            stop=_enough,
            retry=tenacity.retry_if_exception(_passing),
            reraise=True,
        )

    def write(self, method: str, path: str, **call: Unpack[Call]) -> Json:
        """Change something. Sent once and never again."""
        return self._once(method, path, OutcomeUnknown, call)

    def rest(self, attempt: int) -> None:
        """Wait a moment before a part of a batch is sent once more; longer with each attempt, from 1."""
        self._sleep(self._spread(attempt))

    def _once(self, method: str, path: str, unknown: type[Unavailable | OutcomeUnknown], asked: Call) -> Json:
        heard, body = self._heard(method, path, unknown, asked)
        return self._meaning(f"{method} {path}", heard, body, unknown)

    def _file(self, path: str, follow: Callable[[str], bytes] | None, asked: Call) -> bytes:
        heard, body = self._heard("GET", path, Unavailable, asked)
        if follow and 300 <= heard.status < 400:
            return follow(heard.headers.get("location", ""))
        if not 200 <= heard.status < 300:
            self._meaning(f"GET {path}", heard, body, Unavailable)
        return heard.body

    def _heard(
        self, method: str, path: str, unknown: type[Unavailable | OutcomeUnknown], asked: Call
    ) -> tuple[Heard, Json | None]:
        """What came back, where it came back and we were not told to wait."""
        call = f"{method} {path}"
        content = asked.get("content", b"")
        sent = {"Content-Type": "application/json"} if content else {}

        def send() -> Heard:
            return self._wire.send(
                method,
                _filled(path, asked.get("ids", {}), asked.get("names", {})),
                params=asked.get("params"),
                content=content,
                headers={**sent, **asked.get("headers", {})},
            )

        try:
            heard = self._when_there_is_room(send)
        except UNSENT as problem:
            raise Unavailable(self.system, call, f"can't be reached ({type(problem).__name__})") from None
        except TooLarge:
            if unknown is OutcomeUnknown:
                raise OutcomeUnknown(self.system, call, "the answer is too large") from None
            raise Rejected(self.system, call, words=("The answer is larger than 20 MB.",), status=200) from None
        except httpx.RequestError as problem:
            raise unknown(self.system, call, f"no answer ({type(problem).__name__})") from None
        body = heard.json(self._dialect.list_as)
        heard = replace(heard, status=self._dialect.status(heard, body))
        throttled = self._throttled(call, heard, body or {}) if heard.status in {429, 477} else None
        self._note(heard.headers, throttled)
        if throttled:
            raise throttled
        return heard, body

    def _when_there_is_room(self, send: Callable[[], Heard]) -> Heard:
        """Waits a minute's limit out, once: our own count said no, so nothing was sent."""
        try:
            return send()
        except NoRoom as full:
            if full.daily or full.pause > MINUTE:
                raise
            self._sleep(full.pause)
            return send()

    def _meaning(self, call: str, heard: Heard, body: Json | None, unknown: type[Unavailable | OutcomeUnknown]) -> Json:
        status = heard.status
        if status == 204:
            return {}
        if 200 <= status < 300:
            if body is None:
                raise unknown(self.system, call, f"an answer without sense ({status})")
            return body
        said = body or {}
        match status:
            case 400 | 409 | 422:
                raise Rejected(self.system, call, words=self._dialect.words(said), status=status)
            case 401 | 403:
                raise NotConnected(self.system, call, self._permission(heard, said))
            case 404:
                raise Gone(self.system, call)
            case 423:  # HubSpot, while bulk work holds the record: nothing was done
                raise Unavailable(self.system, call, "the record is locked by other work")
            case _:
                raise self._unlisted(call, status, unknown)

    def _unlisted(self, call: str, status: int, unknown: type[Unavailable | OutcomeUnknown]) -> ConnectorError:
        if unknown is OutcomeUnknown or status == 408 or status >= 500:
            return unknown(self.system, call, f"answered {status}")
        words = ("It sent us to another address, which we don't follow.",) if 300 <= status < 400 else ()
        return Rejected(self.system, call, words=words or (f"It answered {status}.",), status=status)

    def _permission(self, heard: Heard, body: Json) -> str:
        said = _SCOPE.search(heard.headers.get("www-authenticate", ""))
        scopes = self._dialect.scopes(body) or (said[1].strip() if said else "")
        if scopes:
            return f"the connection lacks the permission {scopes}: add it and connect again"
        return f"the connection was refused ({heard.status}): connect again"

    def _throttled(self, call: str, heard: Heard, body: Json) -> Throttled:
        daily = self._dialect.daily(heard.headers, body)
        pause = retry_after(heard.headers.get("retry-after"), self._now())
        if pause is None and not daily:
            pause = retry_after(heard.headers.get(self._dialect.reset), self._now())
        if pause is None:
            pause = DAILY_PAUSE if daily else DEFAULT_PAUSE
        return Throttled(self.system, call, pause=pause, daily=daily or pause > DAILY_PAUSE)

    def _note(self, headers: httpx.Headers, throttled: Throttled | None) -> None:
        self._pace.heard(
            self.system,
            day_left=self._dialect.count(headers.get(self._dialect.day_left, "")),
            day_most=self._dialect.count_most(headers.get(self._dialect.day_most, "")),
            minute_left=self._dialect.count(headers.get(self._dialect.minute_left, "")),
            pause=throttled.pause if throttled else None,
            daily=throttled.daily if throttled else False,
        )

    def _spread(self, attempt: int) -> float:
        return min(8.0, 0.5 * 2**attempt) * (0.5 + self._jitter() / 2)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        spread = self._spread(state.attempt_number)
        problem = state.outcome.exception() if state.outcome else None
        return problem.pause + spread / 4 if isinstance(problem, Throttled) else spread

    def close(self) -> None:
        self._wire.close()


class _Room:
    """The vendor's burst limit: waits before a call that would be one too many."""

    def __init__(self, dialect: Dialect, sleep: Callable[[float], None], now: Callable[[], datetime]) -> None:
        self._most = dialect.burst
        self._span = timedelta(seconds=dialect.burst_seconds)
        self._sleep = sleep
        self._now = now
        self._left: deque[datetime] = deque()

    def wait(self) -> None:
        if not self._most:
            return
        if len(self._left) >= self._most:
            early = self._left.popleft() + self._span - self._now()
            if early > timedelta(0):
                self._sleep(early.total_seconds())
        self._left.append(self._now())


class _Paced(httpx.BaseTransport):
    """Counts every call where it leaves, so that one repeated with a fresh token counts too."""

    def __init__(
        self,
        system: str,
        pace: Pace,
        cost: Callable[[str, str], int],
        room: _Room,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self._system = system
        self._pace = pace
        self._cost = cost
        self._room = room
        self._transport = transport or direct()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._room.wait()
        self._pace.spend(self._system, self._cost(request.method, request.url.path))
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()


def _filled(path: str, ids: Mapping[str, str], names: Mapping[str, str]) -> str:
    if not all(_ID.fullmatch(value) for value in ids.values()):
        raise ValueError(f"not an id that may stand in {path}")
    if any(not name.strip(".") for name in names.values()):
        raise ValueError(f"not a name that may stand in {path}")
    return path.format_map({**ids, **{key: quote(name, safe="") for key, name in names.items()}})


def _passing(problem: BaseException) -> bool:
    if isinstance(problem, Throttled):
        return not problem.daily and problem.pause <= SHORT_PAUSE
    return isinstance(problem, TryLater)


def _enough(state: tenacity.RetryCallState) -> bool:
    return state.attempt_number >= ATTEMPTS or state.idle_for + state.upcoming_sleep > PATIENCE
