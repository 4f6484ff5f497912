"""A caller of the HubSpot double that says what it gets, and moves the clock as real calls would."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sandbox.clock import HandClock
from sandbox.hubspot import STATIC_TOKEN, HubSpotDouble
from sandbox.wire import Request, Response

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
OBJECTS = "/crm/objects/2026-09"


class Answer(NamedTuple):
    """A status, and the body read as JSON (``None`` where there is none)."""

    status: int
    body: Any
    headers: dict[str, str]


class Caller:
    """An integration with a bearer token. Each call takes ``pace`` seconds."""

    def __init__(self, double: HubSpotDouble, clock: HandClock, pace: float = 1.0, token: str = STATIC_TOKEN) -> None:
        self.double = double
        self.clock = clock
        self.pace = pace
        self.token = token

    def send(self, method: str, path: str, body: Any = None, **query: str) -> Response:
        self.clock.advance(self.pace)
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        return self.double.handle(Request(method, path, query, headers, content))

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        response = self.send(method, path, body, **query)
        return Answer(response.status, json.loads(response.body) if response.body else None, dict(response.headers))

    def get(self, path: str, **query: str) -> Answer:
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any) -> Answer:
        return self.call("POST", path, body)

    def patch(self, path: str, **properties: Any) -> Answer:
        return self.call("PATCH", path, {"properties": properties})

    def search(self, kind: str = "deals", **body: Any) -> Answer:
        return self.post(f"{OBJECTS}/{kind}/search", body)


def account(seed: int = 0) -> Caller:
    """A fresh account with the default pipeline and nothing in it."""
    clock = HandClock(START)
    return Caller(HubSpotDouble(clock, seed=seed), clock)


def deal_with_lines(api: Caller) -> tuple[str, str, str]:
    """A deal of 2301 dollars in two discounted lines: the ids of deal, company and person."""
    people = api.double.people
    company = people.add_company("Bellbird Café Pty Ltd", zip="2000")
    person = people.add_person("ann@bellbird.example", firstname="Ann", company=company)
    people.add_product("Consulting, per hour", "CONSULT-HR", "180.00")
    lines = [
        {"product": "CONSULT-HR", "quantity": 10, "discount_percent": 10},
        {"name": "Travel", "sku": "TRAVEL", "price": "350.50", "quantity": 2, "discount": "10"},
    ]
    return people.add_deal("Site refresh", lines, company=company, person=person), company, person
