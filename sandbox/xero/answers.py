"""The shapes of Xero's answers, good and bad.

https://developer.xero.com/documentation/api/accounting/responsecodes
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.wire import Response
from sandbox.xero.books import Books
from sandbox.xero.records import encode, plain_instant

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}


def json_answer(payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(status, encode(payload), {**_JSON, **(headers or {})})


def found(books: Books, key: str, elements: Sequence[Any], pagination: dict[str, int] | None = None) -> Response:
    """Records under their plural name, in Xero's envelope."""
    envelope: dict[str, Any] = {
        "Id": books.new_id(),
        "Status": "OK",
        "ProviderName": "Wonbooks sandbox",
        "DateTimeUTC": plain_instant(books.now),
    }
    if pagination:
        envelope["pagination"] = pagination
    envelope[key] = elements
    return json_answer(envelope)


def validation(elements: Sequence[Any]) -> Response:
    return json_answer(
        {
            "ErrorNumber": 10,
            "Type": "ValidationException",
            "Message": "A validation exception occurred",
            "Elements": elements,
        },
        400,
    )


def refused(message: str, kind: str = "ValidationException", number: int = 10) -> Response:
    """A refusal of the request itself: no elements, only a message."""
    return json_answer({"ErrorNumber": number, "Type": kind, "Message": message}, 400)


def bad_query(message: str) -> Response:
    return refused(message, "QueryParseException", 16)


def unreadable_body() -> Response:
    return refused("JSON for post data was invalid", "PostDataInvalidException", 14)


def not_found() -> Response:
    """A 404 is prose, not JSON."""
    return Response(404, b"The resource you're looking for cannot be found", _HTML)


def pdf(number: str) -> Response:
    """An invoice as it is printed: https://developer.xero.com/documentation/api/accounting/invoices (as PDF)."""
    return Response(200, f"%PDF-1.4\n% {number}\n%%EOF\n".encode(), {"Content-Type": "application/pdf"})


def nothing() -> Response:
    """Done, with nothing to say."""
    return Response(204, b"", {})


def not_offered() -> Response:
    return Response(501, b"This method is not offered", _HTML)


def broken(status: int) -> Response:
    return Response(status, b"<html><body><h1>An error occurred in Xero</h1></body></html>", _HTML)


def too_large() -> Response:
    """Requests must stay under 3.5 MB; with which status a larger one is refused is not said.

    https://developer.xero.com/documentation/guides/oauth2/limits/
    """
    return Response(413, b"The request is too large", _HTML)


def xml_only() -> Response:
    """Without ``Accept: application/json`` Xero answers in XML, which this double doesn't speak."""
    body = b'<?xml version="1.0"?><Error>This sandbox answers in JSON only: send Accept: application/json</Error>'
    return Response(406, body, {"Content-Type": "text/xml; charset=utf-8"})


def at_the_door(books: Books, status: int, title: str, detail: str, challenge: str = "") -> Response:
    """A 401 or 403 as the gateway writes it: https://github.com/XeroAPI/xero-node/issues/370."""
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    payload = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": books.new_id(),
        "Extensions": {},
    }
    return json_answer(payload, status, headers)
