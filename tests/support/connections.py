"""Connections to the sandbox, or to a function that stands for a vendor: all that production wiring would pass in."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from connectors.errors import Throttled
from connectors.http import Dialect, Http
from connectors.oauth import Bearer
from sandbox.clock import HandClock

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
    """Counts what is spent and keeps what it hears; ``paused`` makes the next calls wait."""

    spent: list[str] = field(default_factory=list[str])
    notes: list[tuple[int | None, int | None, float | None, bool]] = field(
        default_factory=list[tuple[int | None, int | None, float | None, bool]]
    )
    paused: float = 0

    def spend(self, system: str) -> None:
        if self.paused:
            raise Throttled(system, "a call", pause=self.paused)
        self.spent.append(system)

    def heard(
        self, system: str, *, day_left: int | None, minute_left: int | None, pause: float | None, daily: bool
    ) -> None:
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
