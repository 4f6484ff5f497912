"""Pipedrive's answers: JSON in an envelope that says whether it worked.

https://pipedrive.readme.io/docs/core-api-concepts-responses
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.wire import Response

_INFO = "Please check developers.pipedrive.com for more information about Pipedrive API."


class Refusal(Exception):
    """The call is refused; nothing was changed. ``code`` is version 2's word for why, a number in version 1."""

    def __init__(self, status: int, error: str, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.error = error
        self.code = code
        self.headers = dict(headers or {})
        super().__init__(error)

    def response(self) -> Response:
        body: dict[str, Any] = {"success": False, "error": self.error}
        body |= {"code": self.code} if self.code else {"errorCode": self.status}
        body |= {"error_info": _INFO, "data": None, "additional_data": None}
        return answer(body, self.status, self.headers)


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False, default=_number)
    return Response(status, text.encode(), {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def done(data: Any, status: int = 200, **additional: Any) -> Response:
    body: dict[str, Any] = {"success": True, "data": data}
    return answer(body | ({"additional_data": additional} if additional else {}), status)


def invalid(key: str, what: str) -> Refusal:
    """https://github.com/pipedrive/client-nodejs/issues/651"""
    return Refusal(400, f"Validation failed: {key}: {what}", "ERR_SCHEMA_VALIDATION_FAILED")


def not_allowed(key: str) -> Refusal:
    return invalid(key, f"Parameter '{key}' is not allowed for this request")


def not_found(what: str = "Item") -> Refusal:
    return Refusal(404, f"{what} not found", "ERR_NOT_FOUND")


def iso(moment: datetime) -> str:
    """Whole seconds, as everywhere in version 2."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
