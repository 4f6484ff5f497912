"""A caller of the Xero double that says what it gets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sandbox.clock import HandClock
from sandbox.wire import Request, Response
from sandbox.xero import XeroDouble

START = datetime(2026, 11, 23, 1, 2, 3, 456000, tzinfo=UTC)
API = "/api.xro/2.0"
JSON = {"accept": "application/json", "content-type": "application/json"}


class Answer(NamedTuple):
    """A status, the body read as JSON (``None`` where there is none), and the answer as it came."""

    status: int
    body: Any
    response: Response

    def one(self, plural: str) -> Any:
        """The only record of the answer."""
        assert self.status == 200, self.response.body
        (record,) = self.body[plural]
        return record

    @property
    def words(self) -> list[str]:
        """Xero's words, of whichever element."""
        elements = self.body.get("Elements") or next(
            (value for key, value in self.body.items() if isinstance(value, list) and key != "Elements"), []
        )
        found = [error["Message"] for element in elements for error in element.get("ValidationErrors", [])]
        return found or [self.body["Message"]]


class Caller:
    """The app with an access token of a custom connection."""

    def __init__(self, double: XeroDouble, clock: HandClock, token: str = "") -> None:
        self.double = double
        self.clock = clock
        self.token = token or double.identity.issue()

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Answer:
        sent = {"authorization": f"Bearer {self.token}", **JSON, **(headers or {})}
        content = b"" if body is None else json.dumps(body).encode()
        response = self.double.handle(Request(method, API + path, query, sent, content))
        is_json = "json" in response.headers.get("Content-Type", "")
        return Answer(response.status, json.loads(response.body) if is_json else None, response)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: str) -> Answer:
        return self.call("GET", path, None, headers, **query)

    def put(self, path: str, *elements: dict[str, Any], key: str = "", **query: str) -> Answer:
        headers = {"idempotency-key": key} if key else {}
        return self.call("PUT", path, {path.split("/")[1]: list(elements)}, headers, **query)

    def post(self, path: str, *elements: dict[str, Any], key: str = "", **query: str) -> Answer:
        headers = {"idempotency-key": key} if key else {}
        return self.call("POST", path, {path.split("/")[1]: list(elements)}, headers, **query)

    def renew(self) -> None:
        """Take a fresh access token."""
        self.token = self.double.identity.issue()

    def contact(self, name: str = "Bellbird Café Pty Ltd", **fields: Any) -> str:
        """Make a contact; its id."""
        return self.put("/Contacts", {"Name": name, **fields}).one("Contacts")["ContactID"]

    def invoice(self, contact_id: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Make an invoice with four decimals; as it was answered."""
        return self.put("/Invoices", draft(contact_id, *lines, **fields), unitdp="4").one("Invoices")


def organisation(seed: int = 0) -> Caller:
    """A fresh organisation without a contact."""
    clock = HandClock(START)
    double = XeroDouble(clock, seed=seed)
    return Caller(double, clock)


def line(unit: str | float = "100.00", quantity: float = 1, **fields: Any) -> dict[str, Any]:
    """A line of a sale at 10 % GST."""
    return {
        "Description": "Design work",
        "Quantity": quantity,
        "UnitAmount": float(Decimal(unit)),
        "AccountCode": "200",
        "TaxType": "OUTPUT",
        **fields,
    }


def draft(contact_id: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a caller sends for a draft sales invoice that could be approved."""
    return {
        "Type": "ACCREC",
        "Status": "DRAFT",
        "Contact": {"ContactID": contact_id},
        "Date": "2026-11-23",
        "DueDate": "2026-12-07",
        "LineAmountTypes": "Exclusive",
        "LineItems": list(lines) or [line()],
        **fields,
    }
