"""A caller of the Pipedrive double that says what it gets, and moves the clock as real calls would."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sandbox.clock import HandClock
from sandbox.pipedrive import API_TOKEN, PipedriveDouble
from sandbox.wire import Request, Response

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


class Answer(NamedTuple):
    """A status, the body read as JSON, and the headers."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def data(self) -> Any:
        assert self.status in {200, 201}, self.body
        assert self.body["success"] is True
        return self.body["data"]

    @property
    def ids(self) -> list[int]:
        return [row["id"] for row in self.data]

    @property
    def error(self) -> str:
        assert self.body["success"] is False
        return self.body["error"]


class Caller:
    """An integration with an API token. Each call takes ``pace`` seconds."""

    def __init__(self, double: PipedriveDouble, clock: HandClock, pace: float = 1.0) -> None:
        self.double = double
        self.clock = clock
        self.pace = pace
        self.headers = {"x-api-token": API_TOKEN, "content-type": "application/json"}

    def send(self, method: str, path: str, body: Any = None, **query: str) -> Response:
        self.clock.advance(self.pace)
        content = b"" if body is None else json.dumps(body).encode()
        return self.double.handle(Request(method, f"/api{path}", query, self.headers, content))

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        response = self.send(method, path, body, **query)
        return Answer(response.status, json.loads(response.body) if response.body else None, dict(response.headers))

    def get(self, path: str, **query: str) -> Answer:
        return self.call("GET", path, **query)

    def post(self, path: str, **body: Any) -> Answer:
        return self.call("POST", path, body)

    def patch(self, path: str, **body: Any) -> Answer:
        return self.call("PATCH", path, body)


def account(seed: int = 0) -> Caller:
    """A fresh company with one pipeline and nothing in it."""
    clock = HandClock(START)
    return Caller(PipedriveDouble(clock, seed=seed), clock)


def deal_with_lines(api: Caller) -> str:
    """A deal of 2301 dollars in two discounted lines; its id."""
    people = api.double.people
    company = people.add_company("Bellbird Café Pty Ltd", zip="2000")
    people.add_product("Consulting, per hour", "CONSULT-HR", "180.00")
    lines = [
        {"product": "CONSULT-HR", "quantity": 10, "discount_percent": 10},
        {"name": "Travel", "sku": "TRAVEL", "price": "350.50", "quantity": 2, "discount": "20"},
    ]
    return people.add_deal("Site refresh", lines, company=company)
