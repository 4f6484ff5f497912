"""HubSpot's answers: JSON, and the envelope in which it refuses.

https://developers.hubspot.com/docs/api-reference/latest/error-handling
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.wire import Response

Invalid = tuple[str, str, str]
"""What is wrong with one property: (message, error code, property name)."""


class Refusal(Exception):
    """The call is refused; nothing was changed."""

    def __init__(self, code: int, message: str, category: str = "", **more: Any) -> None:
        self.status = code
        self.message = message
        self.category = category
        self.more = more
        self.headers: dict[str, str] = {}
        super().__init__(message)

    def response(self, correlation_id: str) -> Response:
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation_id}
        if self.category:
            body["category"] = self.category
        return answer(body | self.more, self.status, self.headers)

    def row(self, trace_id: str = "") -> dict[str, Any]:
        """The refusal as one entry of a 207's ``errors``, traced to its input only where the caller named it."""
        context = dict(self.more.get("context", {}))
        if trace_id:
            context["objectWriteTraceId"] = [trace_id]
        return {"status": "error", "category": self.category, "message": self.message, "context": context}


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(status, text.encode(), {"Content-Type": "application/json;charset=utf-8", **(headers or {})})


def nothing() -> Response:
    return Response(204)


def bad_request(message: str) -> Refusal:
    return Refusal(400, message, "VALIDATION_ERROR")


def not_found() -> Refusal:
    return Refusal(404, "resource not found", "OBJECT_NOT_FOUND")


def invalid_properties(problems: list[Invalid]) -> Refusal:
    """The message carries a JSON list inside, and the list again beside it, as HubSpot sends both."""
    listed = [{"isValid": False, "message": m, "error": e, "name": n} for m, e, n in problems]
    message = f"Property values were not valid: {json.dumps(listed, separators=(',', ':'), ensure_ascii=False)}"
    errors = [{"message": m, "code": e, "context": {"propertyName": [n]}} for m, e, n in problems]
    return Refusal(400, message, "VALIDATION_ERROR", errors=errors)


def iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def batch(now: datetime, results: list[Any], errors: list[Any] | None = None, status: int = 200) -> Response:
    """A batch's answer: 207 as soon as one row failed."""
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": iso(now),
        "completedAt": iso(now),
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
        status = 207
    return answer(body, status)
