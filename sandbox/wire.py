"""A double is a function from request to response; these are the two, free of any HTTP library."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it reached the vendor; ``headers`` have lower-case names, ``path`` no query."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON; raises ``ValueError`` where it is none."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The body as an HTML form."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. ``lost`` means that the answer never arrives, whatever the vendor did.

    ``refused`` (with ``lost``): no connection was made, so the vendor never saw the request.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    lost: bool = False
    refused: bool = False


@dataclass(frozen=True)
class Call:
    """One line of a double's own log, what tests judge by.

    ``changes`` tells what the call did to the vendor's records: (kind, id, before, after), with ``None`` for
    "was not there".
    ``actor`` is "api" or "person".
    """

    at: datetime
    actor: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes
    changes: tuple[tuple[str, str, Any, Any], ...] = ()
