"""The receiver of webhooks: an ASGI application of one address for each pair and system.

    POST /hooks/<system>/<id>    200 (or what the vendor wants) once it is written down
    GET  /health                 204 while deliveries can be taken

401 for what isn't signed, 404 where nobody listens, 413 and 415 for what no vendor sends, 429 for too much of it, and
503 for any trouble of our own: vendors repeat that.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from desk.hooks.bells import Side
from desk.hooks.delivery import Answer, Delivery, Key, News, Unreadable
from desk.hooks.directory import Directory, Place
from desk.hooks.limits import Rate
from desk.hooks.noting import GATHER, STREAMS, Note, Noting, add
from desk.hooks.waking import Ring, Waking
from ledger import inbox
from ledger.database import Ledger
from ledger.session import SQLAlchemyError
from stages.settings import Settings

LARGEST_BODY = 1_000_000
READ_WITHIN = 5.0
COMMIT_WITHIN = 4.0
"""Seconds; vendors give up after five."""

AT_ONCE = 100
"""Deliveries in hand, each with up to ``LARGEST_BODY`` in memory."""

REFRESH_EVERY = 2.0

NOWHERE = Answer(404)
UNSIGNED = Answer(401)
TOO_MUCH = Answer(429, headers={"Retry-After": "1"})
LATER = Answer(503, headers={"Retry-After": "10"})

log = logging.getLogger(__name__)


class _Refused(Exception):
    """The delivery ends here with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(slots=True)
class _Limits:
    """Whoever can make us write a line for each call can fill the disk: ``lines`` are few."""

    callers: Rate
    endpoints: Rate
    lines: Rate
    in_hand: int = 0


class Receiver:
    """The application; its threads run from ``start`` to ``stop``, which a server's lifespan calls too.

    ``base_url`` is the address vendors call, without ``/hooks/…``; ``ring`` wakes a stream of a pair.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        ring: Ring,
        base_url: str,
        *,
        now: Callable[[], float] = time.monotonic,
        gather: float = GATHER,
        read_within: float = READ_WITHIN,
    ) -> None:
        self.directory = Directory(settings, ledger)
        self._base_url = base_url.rstrip("/")
        self._ledger = ledger
        self._waking = Waking(ring)
        self._noting = Noting(ledger, self._waking.hint, gather)
        self._read_within = read_within
        self._limits = _Limits(Rate(400, 800, now), Rate(300, 600, now), Rate(1 / 60, 1, now))
        self._ending = threading.Event()
        self._refreshing = threading.Thread(target=self._keep_fresh, name="refreshing", daemon=True)

    # ── life ──────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Raises ``SQLAlchemyError`` when the ledger can't be read."""
        self.directory.refresh()
        self._noting.start()
        self._waking.start()
        self._refreshing.start()
        self._waking.hint(self._left_over())

    def stop(self) -> None:
        self._ending.set()
        self._refreshing.join()
        self._noting.stop()
        self._waking.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_how: object) -> None:
        self.stop()

    def _left_over(self) -> list[Side]:
        """What an earlier receiver noted and perhaps could wake nobody for."""
        pairs = sorted(self.directory.pairs())
        with self._ledger.read() as session:
            return [(p, s) for p in pairs for s, name in STREAMS.items() if inbox.waiting(session, p, name)]

    def _keep_fresh(self) -> None:
        while not self._ending.wait(REFRESH_EVERY):
            try:
                self.directory.refresh()
            except Exception as trouble:
                expected = isinstance(trouble, SQLAlchemyError)
                log.warning("the endpoints can't be read (%s)", type(trouble).__name__, exc_info=not expected)

    # ── one call ──────────────────────────────────────────────────────────────────────────────────────────────

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            answer = await self._answer(Request(scope, receive))
            if answer is not None:
                await _response(answer)(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await asyncio.to_thread(self.start)
        except Exception as trouble:  # noqa: BLE001 - the server logs it and ends
            await send({"type": "lifespan.startup.failed", "message": f"{type(trouble).__name__}: {trouble}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self.stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request) -> Answer | None:
        """``None`` when the caller has gone."""
        if request.scope["path"] == "/health" and request.method == "GET":
            return Answer(204)
        if not self._limits.callers.admits(request.client.host if request.client else ""):
            return TOO_MUCH
        place = self.directory.at(request.scope["path"])
        if place is None or request.method != "POST":
            return NOWHERE
        if not self._limits.endpoints.admits(place.endpoint):
            return self._counted(place, "failed", TOO_MUCH, "there are too many")
        if self._limits.in_hand >= AT_ONCE:
            return self._counted(place, "failed", LATER, "too many are in hand")
        self._limits.in_hand += 1
        try:
            return await self._taken(request, place)
        except _Refused as refused:
            return refused.answer
        except ClientDisconnect:
            return None
        except Exception as trouble:  # noqa: BLE001 - it comes again
            return self._counted(place, "failed", LATER, type(trouble).__name__, trouble)
        finally:
            self._limits.in_hand -= 1

    async def _taken(self, request: Request, place: Place) -> Answer:
        """Verify, read, write down, thank."""
        body = await _body(request, self._read_within)
        delivery = Delivery(_headers(request), body, self._url(request), _called(request), self._ledger.now())
        key = self._signed(place, delivery)
        try:
            news = place.vendor.read(body)
        except Unreadable as problem:
            return self._counted(place, "unreadable", Answer(400), f"signed, but it can't be read: {problem}")
        written = asyncio.wrap_future(self._noting.note(self._note(place, news, key)))
        with suppress(TimeoutError):
            if await asyncio.wait_for(written, COMMIT_WITHIN):
                return place.vendor.accepted
        return LATER

    def _signed(self, place: Place, delivery: Delivery) -> Key:
        """The key it is signed with."""
        keys, vendor = place.listener.keys, place.vendor
        # All are tried, so that the time it takes tells nothing.
        good = [key for key in keys if vendor.signed(delivery, key)]
        if good:
            return good[0]
        if not keys:
            why = f"it can't be verified: no {' and '.join(vendor.secrets)} is set"
        elif any(vendor.misdirected(delivery, key) for key in keys):
            why = "it was sent to another address than hooks_url says"
        else:
            raise _Refused(self._counted(place, "refused", UNSIGNED, "it bears no good signature"))
        # Our own mistake: some vendors do not repeat what got a 4xx.
        raise _Refused(self._counted(place, "failed", LATER, why))

    def _note(self, place: Place, news: News, key: Key) -> Note:
        hints: dict[Side, dict[str, datetime | None]] = {}
        foreign = 0
        for told in news.told:
            listener = place.meant(told, key)
            if listener is None:
                foreign += 1
            elif not told.fields or told.fields - listener.own_fields:
                add(hints.setdefault((listener.pair, told.stream), {}), {told.record: told.at})
        if foreign:
            self._noting.count(place.endpoint, "foreign", foreign)
        if_gap: frozenset[Side] = frozenset({(place.listener.pair, "invoices")})
        return Note(place.endpoint, hints, news.first, news.last, if_gap)

    def _counted(
        self, place: Place, what: str, answer: Answer, why: str, trouble: BaseException | None = None
    ) -> Answer:
        """Count what is not accepted, and say why now and then."""
        self._noting.count(place.endpoint, what)
        if self._limits.lines.admits(f"{place.endpoint} {what} {why}"):
            side = f"{place.listener.system} of {place.listener.pair}"
            log.warning("a delivery for %s is not taken: %s", side, why, exc_info=trouble)
        return answer

    def _url(self, request: Request) -> str:
        return self._base_url + request.scope["path"]


async def _body(request: Request, within: float) -> bytes:
    """The whole body, raw. Raises ``_Refused``."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise _Refused(Answer(415))
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or len(length) > 12 or int(length) > LARGEST_BODY:
        raise _Refused(Answer(413))
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within):
            async for part in request.stream():
                size += len(part)
                if size > LARGEST_BODY:
                    raise _Refused(Answer(413))
                parts.append(part)
    except TimeoutError:
        raise _Refused(LATER) from None
    return b"".join(parts)


def _headers(request: Request) -> Mapping[str, str]:
    """By lower-case name; of one given twice the first."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found.setdefault(name, value)
    return found


def _called(request: Request) -> str:
    """The address the caller says it called; vendors call none but https, whatever a proxy makes of it."""
    return f"https://{request.headers.get('host', '')}{request.scope['path']}"


def _response(answer: Answer) -> Response:
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    # The rest of a body that was not read goes with the connection.
    if answer.status in (404, 413, 415, 429, 503):
        headers["Connection"] = "close"
    return Response(answer.body, answer.status, headers)
