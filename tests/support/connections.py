"""Connections to the sandbox, or to a function that stands for a vendor: all that production wiring would pass in."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from connectors import hubspot, xero
from connectors.errors import NoRoom, Throttled
from connectors.http import Dialect, Http
from connectors.hubspot import HubSpot
from connectors.oauth import Bearer, ClientCredentials
from connectors.wire import Wire
from connectors.xero import Xero
from sandbox.clock import HandClock
from sandbox.hubspot import STATIC_TOKEN
from sandbox.wire import Call
from sandbox.world import World
from tests.support.specs import watched
from tests.support.transport import WorldTransport

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
PLAIN = Dialect(
    words=lambda body: (str(body["message"]),) if body.get("message") else (),
    scopes=lambda body: str(body.get("scope", "")),
    daily=lambda headers, body: headers.get("x-problem") == "day" or body.get("policy") == "day",
    day_left="x-day-left",
    minute_left="x-minute-left",
)


@dataclass
class FreePace:
    """Counts what is spent and keeps what it hears; ``paused`` makes calls wait, ``full`` says no once each."""

    spent: list[str] = field(default_factory=list[str])
    notes: list[tuple[int | None, int | None, float | None, bool]] = field(
        default_factory=list[tuple[int | None, int | None, float | None, bool]]
    )
    paused: float = 0
    full: list[NoRoom] = field(default_factory=list[NoRoom])
    cost: int = 0
    day_most: int | None = None

    def spend(self, system: str, cost: int) -> None:
        if self.full:
            raise self.full.pop()
        if self.paused:
            raise Throttled(system, "a call", pause=self.paused)
        self.spent.append(system)
        self.cost += cost

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
        self.day_most = day_most if day_most is not None else self.day_most
        self.notes.append((day_left, minute_left, pause, daily))


@dataclass
class MemoryStore:
    """A token store that remembers everything it was told to save."""

    text: str | None = None
    saved: list[str] = field(default_factory=list[str])
    locked: bool = False

    def load(self) -> str | None:
        return self.text

    def save(self, text: str) -> None:
        self.text = text
        self.saved.append(text)

    @contextmanager
    def lock(self) -> Generator[None]:
        assert not self.locked, "one worker at a time"
        self.locked = True
        try:
            yield
        finally:
            self.locked = False


@dataclass
class Line:
    """A connection and what surrounds it: its pace, its clock, and the seconds it slept."""

    http: Http
    pace: FreePace
    clock: HandClock
    slept: list[float]


Handler = Callable[[httpx.Request], httpx.Response]


def line_to(
    transport: httpx.BaseTransport | Handler,
    *,
    base_url: str = "https://api.example.com/v1",
    system: str = "vendor",
    dialect: Dialect = PLAIN,
    auth: httpx.Auth | None = None,
    clock: HandClock | None = None,
    allow_plain_http_on_loopback: bool = False,
) -> Line:
    """A connection whose waiting moves its clock instead of taking time."""
    clock = clock or HandClock(START)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(seconds)

    pace = FreePace()
    http = Http(
        system,
        base_url,
        dialect=dialect,
        auth=auth or Bearer("a-token"),
        pace=pace,
        sleep=sleep,
        now=clock,
        transport=transport if isinstance(transport, httpx.BaseTransport) else httpx.MockTransport(transport),
        jitter=lambda: 0.5,
        allow_plain_http_on_loopback=allow_plain_http_on_loopback,
    )
    return Line(http, pace, clock, slept)


@dataclass
class Vendors:
    """A world, our connection to each vendor in it, every exchange held against the vendors' files."""

    clock: HandClock
    world: World
    xero: Xero
    hubspot: HubSpot
    xero_line: Line
    hubspot_line: Line
    unreadable: list[tuple[str, str, str]]

    def calls(self) -> list[Call]:
        """What reached either vendor's API since the last time this was asked, tokens left out."""
        found = [
            call
            for double in (self.world.xero, self.world.hubspot)
            for call in double.log[self._seen[double.__class__.__name__] :]
            if call.actor == "api" and not call.path.startswith("/connect/")
        ]
        for double in (self.world.xero, self.world.hubspot):
            self._seen[double.__class__.__name__] = len(double.log)
        return found

    _seen: dict[str, int] = field(default_factory=lambda: {"XeroDouble": 0, "HubSpotDouble": 0})


def vendors(seed: int = 0) -> Vendors:
    """A fresh world with a custom connection to Xero and a static token for HubSpot."""
    clock = HandClock(START)
    world = World(clock, seed)
    transport = watched(WorldTransport(world))
    identity = world.xero.identity
    auth = ClientCredentials(
        "xero",
        Wire("https://identity.xero.com", now=clock, transport=transport),
        MemoryStore(),
        client_id=identity.client_id,
        client_secret=identity.client_secret,
        now=clock,
        sleep=clock.advance,
    )
    to_xero = line_to(transport, base_url=xero.API, system="xero", dialect=xero.DIALECT, auth=auth, clock=clock)
    to_hubspot = line_to(
        transport,
        base_url=hubspot.API,
        system="hubspot",
        dialect=hubspot.DIALECT,
        auth=Bearer(STATIC_TOKEN),
        clock=clock,
    )
    unreadable: list[tuple[str, str, str]] = []

    def note(kind: str, id_: str, what: str) -> None:
        unreadable.append((kind, id_, what))

    return Vendors(
        clock,
        world,
        Xero(to_xero.http, unreadable=note),
        HubSpot(to_hubspot.http, "24680135", timezone="Australia/Sydney", start=START - timedelta(days=30)),
        to_xero,
        to_hubspot,
        unreadable,
    )
