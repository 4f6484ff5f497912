"""How many calls the organisation lets the app make.

https://developer.xero.com/documentation/guides/oauth2/limits/: 60 a minute and 5,000 a day an organisation (1,000 on
the Starter tier), 10,000 a minute over all of them. The windows are fixed and start at a moment of the organisation's
own. A refused call is answered with an empty body; which limit it was stands in X-Rate-Limit-Problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.wire import Response

_ORIGIN = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Window:
    length: timedelta
    offset: timedelta
    number: int = -1
    used: int = 0

    def turn(self, now: datetime) -> None:
        number = (now - _ORIGIN + self.offset) // self.length
        if number != self.number:
            self.number, self.used = number, 0

    def left(self, now: datetime) -> int:
        """Whole seconds until the window is over, at least one."""
        rest = self.length - (now - _ORIGIN + self.offset) % self.length
        return max(1, -(-rest // timedelta(seconds=1)))


class Limits:
    """``a_minute``, ``a_day`` and ``an_app_minute`` may be changed at any time."""

    def __init__(self, minute_offset: float, day_offset: float) -> None:
        """The offsets, in seconds, shift the windows against the clock's minutes and days."""
        self.a_minute = 60
        self.a_day = 5000
        self.an_app_minute = 10000
        self._minute = _Window(timedelta(minutes=1), timedelta(seconds=minute_offset))
        self._day = _Window(timedelta(days=1), timedelta(seconds=day_offset))

    def take(self, now: datetime) -> Response | None:
        """Count a call; the 429 where there is none left."""
        self._minute.turn(now)
        self._day.turn(now)
        if self._day.used >= self.a_day:
            return refusal("day", self._day.left(now))
        if self._minute.used >= self.a_minute:
            return refusal("minute", self._minute.left(now))
        if self._minute.used >= self.an_app_minute:
            return refusal("appminute", self._minute.left(now))
        self._minute.used += 1
        self._day.used += 1
        return None

    def headers(self) -> dict[str, str]:
        """What is left, as every answer says."""
        return {
            "X-DayLimit-Remaining": str(max(0, self.a_day - self._day.used)),
            "X-MinLimit-Remaining": str(max(0, self.a_minute - self._minute.used)),
            "X-AppMinLimit-Remaining": str(max(0, self.an_app_minute - self._minute.used)),
        }


def refusal(limit: str, seconds: int | None, others: Mapping[str, str] | None = None) -> Response:
    """A 429; ``limit`` is minute, day or appminute."""
    headers = {**(others or {}), "X-Rate-Limit-Problem": limit}
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    return Response(429, b"", headers)
