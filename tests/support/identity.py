"""An identity server that rotates tokens, and an API that takes them: the two ends of an OAuth connection."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs

import httpx

from connectors.oauth import ClientCredentials, RefreshToken, Token
from connectors.wire import Wire
from sandbox.clock import HandClock
from tests.support.connections import START, Line, MemoryStore, line_to

MINUTE = timedelta(minutes=1)


@dataclass
class Identity:
    """An identity server that rotates refresh tokens, with 30 minutes of grace for the one before."""

    clock: HandClock
    store: MemoryStore
    refresh: str = "r0"
    before: str = ""
    rotated: int = 0
    live: set[str] = field(default_factory=set[str])
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    trouble: list[Exception | httpx.Response] = field(default_factory=list[Exception | httpx.Response])
    lose: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.read().decode()).items()}
        self.asked.append(form)
        assert b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"app:app-secret"
        if self.trouble:
            happened = self.trouble.pop(0)
            if isinstance(happened, Exception):
                raise happened
            return happened
        if form["grant_type"] == "refresh_token" and form["refresh_token"] not in {self.refresh, self.before}:
            return httpx.Response(400, json={"error": "invalid_grant"})
        self.rotated += 1
        access = f"a{self.rotated}"
        self.live.add(access)
        answer = {"access_token": access, "expires_in": 1800, "token_type": "Bearer"}
        if form["grant_type"] == "refresh_token":
            self.before, self.refresh = form["refresh_token"], f"r{self.rotated}"
            answer["refresh_token"] = self.refresh
        if self.lose:
            self.lose -= 1
            raise httpx.ReadTimeout("lost")
        return httpx.Response(200, json=answer)


@dataclass
class Api:
    """An API that takes the tokens its identity server gave out."""

    identity: Identity
    store: MemoryStore
    seen: list[str] = field(default_factory=list[str])
    scope_missing: bool = False
    disconnected: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        access = request.headers["authorization"].removeprefix("Bearer ")
        assert self.store.text is not None
        assert access == Token.from_text(self.store.text).access, "a token is saved before it is used"
        self.seen.append(access)
        if self.scope_missing:
            return httpx.Response(401, headers={"www-authenticate": 'Bearer error="insufficent_scope"'})
        good = access in self.identity.live and not self.disconnected
        return httpx.Response(200 if good else 401, json={})


@dataclass
class Connection:
    line: Line
    identity: Identity
    api: Api
    store: MemoryStore
    slept: list[float]

    def call(self) -> None:
        self.line.http.write("PUT", "/things", content=b"{}")

    @property
    def refreshed_with(self) -> list[str]:
        return [form["refresh_token"] for form in self.identity.asked]


def connection(
    kind: type[RefreshToken | ClientCredentials] = RefreshToken, *, minutes_left: int | None = 0
) -> Connection:
    """A connection whose stored access token has so many minutes left; ``None`` stores nothing."""
    clock, store, slept = HandClock(START), MemoryStore(), list[float]()
    identity = Identity(clock, store)
    api = Api(identity, store)
    if minutes_left is not None:
        store.text = Token("a0", "r0", START + minutes_left * MINUTE, START).to_text()
        identity.live.add("a0")
    auth = plug(kind, identity, store, slept)
    return Connection(line_to(api, auth=auth, clock=clock), identity, api, store, slept)


def plug(
    kind: type[RefreshToken | ClientCredentials], identity: Identity, store: MemoryStore, slept: list[float]
) -> httpx.Auth:
    clock = identity.clock
    wire = Wire("https://identity.example.com", now=clock, transport=httpx.MockTransport(identity))
    return kind("xero", wire, store, client_id="app", client_secret="app-secret", now=clock, sleep=slept.append)


def relined(link: Connection, store: MemoryStore, identity: Identity) -> Line:
    """A second worker: its own memory, the same store, the same vendor."""
    auth = plug(RefreshToken, identity, store, link.slept)
    return line_to(Api(identity, store), auth=auth, clock=identity.clock)


@dataclass
class RotatedElsewhere(MemoryStore):
    """Its third reader finds a newer token."""

    newer: str = ""
    loads: int = 0

    def load(self) -> str | None:
        self.loads += 1
        return self.newer if self.loads == 3 else self.text
