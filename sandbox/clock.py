"""Clocks for the doubles: one that a test moves by hand, and the one on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class HandClock:
    """Stands still until moved: ``clock()`` is an aware moment in UTC."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs to know its time zone")
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on; a negative number moves back, as a badly set clock may."""
        self._now += timedelta(seconds=seconds)


def wall_clock() -> datetime:
    return datetime.now(UTC)
