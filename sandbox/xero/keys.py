"""Idempotency keys: an answer kept for six minutes, and no longer.

https://developer.xero.com/documentation/guides/idempotent-requests/idempotency: kept from the first call; the same
request is answered from memory, errors and server errors included; anything else under the key is refused. Reads ignore
it. The page says one key space an app; a second account tells of a duplicate after a token refresh, so it can be one a
token too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.wire import Request, Response
from sandbox.xero.answers import refused

_KEPT = timedelta(minutes=6)
_LONGEST = 128

_Print = tuple[str, str, tuple[tuple[str, str], ...], bytes]


@dataclass(slots=True)
class Keys:
    """The keys in memory, oldest first. ``by_token``: an access token does not see another one's."""

    by_token: bool = False
    _seen: dict[tuple[str, str], tuple[datetime, _Print, Response]] = field(
        default_factory=dict[tuple[str, str], tuple[datetime, _Print, Response]]
    )

    def around(self, request: Request, token: str, now: datetime, work: Callable[[], Response]) -> Response:
        """Do the work, unless the key says that it was done."""
        key = request.headers.get("idempotency-key", "")
        if not key or request.method not in {"PUT", "POST", "PATCH"}:
            return work()
        if len(key) > _LONGEST:
            return refused(f"The Idempotency-Key must be {_LONGEST} characters or less")
        self._forget(now)
        slot = (token if self.by_token else "", key)
        mark = (request.method, request.path, tuple(sorted(request.query.items())), request.body)
        if known := self._seen.get(slot):
            if known[1] != mark:
                return refused(f"Idempotency Key: {key} is used with a different request.")
            return known[2]
        answer = work()
        self._seen[slot] = (now, mark, answer)
        return answer

    def _forget(self, now: datetime) -> None:
        for slot, (since, _, _) in list(self._seen.items()):
            if now - since < _KEPT:
                break
            del self._seen[slot]
