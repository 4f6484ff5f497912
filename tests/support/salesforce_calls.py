"""A caller of the Salesforce double that says what it gets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sandbox.clock import HandClock
from sandbox.salesforce import SalesforceDouble
from sandbox.wire import Request, Response

START = datetime(2026, 11, 25, 1, 2, 3, 456000, tzinfo=UTC)
DATA = "/services/data/v68.0"


class Answer(NamedTuple):
    """A status, the body read as JSON (``None`` where there is none), and the headers."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The code of the only error."""
        (error,) = self.body
        return error["errorCode"]


class Caller:
    """A program with a session of the integration's user."""

    def __init__(self) -> None:
        self.clock = HandClock(START)
        self.double = SalesforceDouble(self.clock)
        self.people = self.double.people
        self.token = self.double.access.issue(START)

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Response:
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json", **(headers or {})}
        content = b"" if body is None else json.dumps(body).encode()
        return self.double.handle(Request(method, path, query, sent, content))

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Answer:
        response = self.send(method, DATA + path, body, headers, **query)
        return Answer(response.status, json.loads(response.body) if response.body else None, dict(response.headers))

    def get(self, path: str, **query: str) -> Answer:
        return self.call("GET", path, None, None, **query)

    def patch(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
        return self.call("PATCH", path, body, headers)

    def query(self, soql: str, *, deleted: bool = False) -> list[Any]:
        """The rows of the first page."""
        answer = self.get("/queryAll" if deleted else "/query", q=soql)
        assert answer.status == 200, answer.body
        return answer.body["records"]

    def update(self, *rows: dict[str, Any], all_or_none: bool = False) -> Answer:
        """Deals by a collection."""
        records = [{"attributes": {"type": "Opportunity"}, **row} for row in rows]
        return self.patch("/composite/sobjects", {"allOrNone": all_or_none, "records": records})

    def refusals(self, *rows: dict[str, Any]) -> list[str]:
        """The code of each row that a collection refused, "" for one that was done."""
        answer = self.update(*rows)
        assert answer.status == 200, answer.body
        return ["" if row["success"] else row["errors"][0]["statusCode"] for row in answer.body]
