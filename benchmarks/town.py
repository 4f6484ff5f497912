"""The doubles over HTTP in virtual time: calls take a while, people act meanwhile, and some calls meet with trouble.

Of the calls of each kind, one in a hundred does its work and its answer is lost, and another one is answered with a
5xx, half of those after the work was done. Which ones is the same for everybody who makes as many.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Self

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

_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{6,}")


@dataclass(slots=True)
class Hints:
    """What the vendors' webhooks told and nobody has taken yet; of invoices, when they last changed."""

    deals: list[str] = field(default_factory=list[str])
    invoices: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def __bool__(self) -> bool:
        return bool(self.deals or self.invoices)


class Town:
    """A day going on. ``with`` serves it; ``sleep`` lets time pass for whoever works on it."""

    def __init__(self, day: Day, *, trouble: bool = True) -> None:
        self.day = day
        self.trouble = trouble
        self.hints = Hints()
        self.waiting_seconds = 0.0
        self._calls: Counter[str] = Counter()
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
        for event in fresh:
            if event["eventCategory"] == "INVOICE":
                moment = datetime.fromisoformat(event["eventDateUtc"]).replace(tzinfo=UTC)
                self.hints.invoices[event["resourceId"]] = moment

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
        kind = f"{system} {request.method} {_IDS.sub('', request.path)}"
        self._calls[kind] += 1
        number = Random(f"{self.day.seed} {kind} {self._calls[kind]}").random()  # noqa: S311
        if number < LOST:
            return "lose answer"
        if number < LOST + BROKEN:
            return "500 after" if number < LOST + BROKEN / 2 else "500 before"
        return None


class _Door:
    def __init__(self, town: Town, system: str) -> None:
        self._town = town
        self._system = system

    def handle(self, request: Request) -> Response:
        return self._town.answer(self._system, request)
