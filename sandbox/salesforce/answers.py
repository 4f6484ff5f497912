"""How Salesforce answers: JSON, and errors as a list, whatever went wrong.

https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.wire import Response

VERSION = "v68.0"
DATA = f"/services/data/{VERSION}"


class Refusal(Exception):
    """A request, or one record of several, that Salesforce does not carry out."""

    def __init__(self, status: int, code: str, message: str, *fields: str, **more: Any) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.more = more
        super().__init__(f"{code}: {message}")

    def error(self) -> dict[str, Any]:
        """As the only member of an answer's list."""
        fields = {"fields": list(self.fields)} if self.fields else {}
        return {"message": self.message, "errorCode": self.code, **fields, **self.more}

    def row(self) -> dict[str, Any]:
        """As one result of a collection, which calls the code otherwise."""
        error = {"statusCode": self.code, "message": self.message, "fields": list(self.fields), **self.more}
        return {"success": False, "errors": [error]}

    def response(self) -> Response:
        return answer([self.error()], self.status)


def answer(body: Any, status: int = 200) -> Response:
    content = json.dumps(body, default=_plain, ensure_ascii=False).encode()
    return Response(status, content, {"Content-Type": "application/json;charset=UTF-8"})


def nothing() -> Response:
    return Response(204)


def not_found() -> Refusal:
    return Refusal(404, "NOT_FOUND", "The requested resource does not exist")


def moment(at: datetime) -> str:
    """A date and time as Salesforce writes it, to the second: ``2026-11-25T01:02:03.000+0000``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _plain(value: Any) -> Any:
    """Amounts travel as floating point numbers, moments as text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return moment(value)
    raise TypeError(type(value).__name__)
