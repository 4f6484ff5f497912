"""A request, understood as far as every part of the API understands it: version, path, body, page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.pipedrive.answers import Refusal, invalid, not_found
from sandbox.wire import Request

PAGE = 100
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: ``version`` is v1, v2 or oauth; ``parts`` is what follows it in the path."""

    method: str
    version: str
    parts: tuple[str, ...]
    request: Request

    def body(self) -> dict[str, Any]:
        """Numbers with a point come as ``Decimal``."""
        try:
            body = json.loads(self.request.body, parse_float=Decimal)
        except ValueError:
            raise Refusal(400, "Bad request: the body is not JSON", "ERR_BAD_REQUEST") from None
        if not isinstance(body, dict):
            raise invalid("body", "must be an object")
        return body

    def given(self, name: str) -> str:
        return self.request.query.get(name, "")

    def listed(self, name: str) -> list[str]:
        """A query parameter that holds several values, parted by commas."""
        return [part for part in self.given(name).split(",") if part]

    def ids(self, name: str, most: int = 100) -> list[int]:
        found = self.listed(name)
        if len(found) > most:
            raise invalid(name, f"must contain less than or equal to {most} items")
        return [whole(name, each) for each in found]

    def limit(self) -> int:
        limit = whole("limit", self.given("limit") or str(PAGE))
        if not 1 <= limit <= LARGEST_PAGE:
            raise invalid("limit", f"must be between 1 and {LARGEST_PAGE}")
        return limit


def ask(request: Request) -> Ask:
    """Both layouts of the address: ``/api/v2/…`` and ``/api/v1/…`` of a company's host, ``/v1/…`` of the common one."""
    match tuple(part for part in request.path.split("/") if part):
        case ("api", ("v1" | "v2") as version, *rest) | ("v1" as version, *rest) | ("oauth" as version, *rest):
            return Ask(request.method, version, tuple(rest), request)
        case _:
            raise not_found()


def whole(name: str, text: str) -> int:
    """An id or a count in the path or the query."""
    if not (text.isascii() and text.isdigit()):
        raise invalid(name, "must be a number")
    return int(text)
