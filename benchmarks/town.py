"""The doubles over HTTP in virtual time: calls take a while, people act meanwhile, and some calls meet with trouble.

Everybody who works on a day meets the same trouble: it belongs to the deal or the customer that a call carries, not to
the number of the call. Of the deals, one in a hundred has the answer lost to the first call that would invoice it,
another one a 5xx, half of them after the work was done; so it goes, with dice of their own, for the first call that
makes a customer and the first that writes to a deal. Of the calls that only read, one in a hundred gets a 5xx.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Self, cast

from benchmarks.day import AGAIN, Day, Sale, invoices_of, pay
from sandbox.faults import Fault, Kind
from sandbox.serve import SandboxServer
from sandbox.wire import Request, Response

TAKES = {"xero": 0.4, "hubspot": 0.15}
"""Seconds a call takes."""
UNHEARD = 10.0
"""Seconds until a caller gives up on an answer."""
PATIENCE = 24 * 3600.0
"""When, in seconds of the day, somebody who got no invoice no longer tries to pay it."""
LOST = 0.01
BROKEN = 0.01
READ_BROKEN = 0.01

_DEAL = re.compile(rb"/0-3/(\d+)|HS-(\d+)")
_NUMBER = re.compile(rb'"ContactNumber": ?"([^"]+)"')
_ID = re.compile(rb'"id": ?"(\d+)"')


@dataclass(slots=True)
class Hints:
    """What the vendors' webhooks told and nobody has taken yet."""

    deals: list[str] = field(default_factory=list[str])
    invoices: list[str] = field(default_factory=list[str])

    def __bool__(self) -> bool:
        return bool(self.deals or self.invoices)


class Town:
    """A day going on. ``with`` serves it; ``sleep`` lets time pass for whoever works on it."""

    def __init__(self, day: Day, *, trouble: bool = True) -> None:
        self.day = day
        self.trouble = trouble
        self.hints = Hints()
        self.waiting_seconds = 0.0
        self._random = Random("trouble")  # noqa: S311
        self._met: set[str] = set()
        self._order = itertools.count()
        self._coming: list[tuple[float, int, Callable[[], None]]] = []
        self._heard = len(day.world.xero.events)
        self._server = SandboxServer({name: _Door(self, name) for name in TAKES})
        for sale in day.sales:
            self._plan(sale)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return self._server.url

    def sleep(self, seconds: float) -> None:
        """Time passes, and what is due happens in it."""
        self.waiting_seconds += seconds
        self._pass(seconds)

    def next_event(self) -> float | None:
        """When somebody acts next, in seconds of the day."""
        return self._coming[0][0] if self._coming else None

    def take_hints(self) -> Hints:
        taken, self.hints = self.hints, Hints()
        return taken

    # ── what people do ──

    def _plan(self, sale: Sale) -> None:
        self._at(sale.won_at, lambda: self._win(sale))
        if sale.hinted_again_at is not None:
            self._at(sale.hinted_again_at, lambda: self.hints.deals.append(sale.deal))
        if sale.pay_at is not None:
            self._at(sale.pay_at, lambda: self._pay(sale))

    def _win(self, sale: Sale) -> None:
        self.day.world.hubspot.people.move(sale.deal, "Closed won")
        self.hints.deals.append(sale.deal)

    def _pay(self, sale: Sale) -> None:
        approved = [i["InvoiceID"] for i in invoices_of(self.day.world, sale.deal) if i["Status"] == "AUTHORISED"]
        if not approved and self.day.elapsed() > PATIENCE:
            return
        if not approved:
            self._at(self.day.elapsed() + AGAIN, lambda: self._pay(sale))
            return
        pay(self.day.world, sale, approved[0])
        if sale.remove_at is not None:
            self._at(self.day.elapsed() + 3600, lambda: self._remove(sale))

    def _remove(self, sale: Sale) -> None:
        self.day.world.xero.people.remove_payment(sale.payment)
        sale.payment = ""

    def _at(self, moment: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._coming, (moment, next(self._order), do))

    def _pass(self, seconds: float) -> None:
        until = self.day.elapsed() + seconds
        while self._coming and self._coming[0][0] <= until:
            moment, _, do = heapq.heappop(self._coming)
            self.day.clock.advance(max(0.0, moment - self.day.elapsed()))
            do()
            self._listen()
        self.day.clock.advance(max(0.0, until - self.day.elapsed()))
        self._listen()

    def _listen(self) -> None:
        events = self.day.world.xero.events
        fresh = events[self._heard :]
        self._heard = len(events)
        self.hints.invoices += [e["resourceId"] for e in fresh if e["eventCategory"] == "INVOICE"]

    # ── calls ──

    def answer(self, system: str, request: Request) -> Response:
        self._pass(TAKES[system])
        double = self.day.world.xero if system == "xero" else self.day.world.hubspot
        if self.trouble and (kind := self._trouble(system, request)):
            double.faults.add(Fault(request.method, request.path, kind))
        response = double.handle(request)
        if response.lost:
            self._pass(UNHEARD)
        return response

    def _trouble(self, system: str, request: Request) -> Kind | None:
        about = _about(system, request)
        if not about:
            return "500 before" if _reads(request) and self._random.random() < READ_BROKEN else None
        fresh = [each for each in about if each not in self._met]
        self._met.update(fresh)
        kinds = [kind for each in fresh if (kind := _drawn(each))]
        return cast("Kind", kinds[0]) if kinds else None


class _Door:
    def __init__(self, town: Town, system: str) -> None:
        self._town = town
        self._system = system

    def handle(self, request: Request) -> Response:
        return self._town.answer(self._system, request)


def _drawn(about: str) -> Kind | None:
    number = Random(f"trouble {about}").random()  # noqa: S311
    if number < LOST:
        return "lose answer"
    if number < LOST + BROKEN:
        return "500 after" if number < LOST + BROKEN / 2 else "500 before"
    return None


def _about(system: str, request: Request) -> list[str]:
    """The deals and customers that a writing call carries, each with what is done to it."""
    if request.method not in {"PUT", "POST", "PATCH"}:
        return []
    if system == "hubspot":
        if request.path.endswith("/deals/batch/update"):
            return [f"tell {each.decode()}" for each in _ID.findall(request.body)]
        return [f"tell {request.path}"] if request.method == "PATCH" else []
    if request.path.endswith("/Contacts"):
        return [f"contact {each.decode()}" for each in _NUMBER.findall(request.body)]
    if request.path.endswith("/Invoices") and b'"InvoiceID"' not in request.body:
        return [f"invoice {(one or other).decode()}" for one, other in _DEAL.findall(request.body)]
    return []


def _reads(request: Request) -> bool:
    return request.method == "GET" or request.path.endswith(("/search", "/batch/read"))
