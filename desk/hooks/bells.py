"""When to wake whom: at once when it was quiet, then no more than once in a while, and never for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from tasks.wake import Stream

COOLING = 1.0
"""Seconds after a wake-up in which further hints are gathered for the next."""

SELDOM = 60.0
"""Seconds between wake-ups for mere looks: what may concern us, and costs calls to find out."""

LONGEST = 60.0

Side = tuple[str, Stream]
"""A pair and what is to be looked at."""


@dataclass(slots=True)
class _Bell:
    """``due`` is when to ring, ``begun`` when it last did; hints since then may wait for ``again`` seconds after that.

    Infinite is never.
    """

    due: float = inf
    begun: float = -inf
    quiet_until: float = -inf
    ringing: bool = False
    again: float = inf
    failures: int = 0


@dataclass(slots=True)
class Bells:
    """A bell for each pair and stream: idle → ringing → cooling, and from there ringing again or idle.

    Pure: the time in seconds is handed in. A wake-up that failed is tried again, ever more seldom, until it succeeds.
    """

    _bells: dict[Side, _Bell] = field(default_factory=dict[Side, _Bell])

    def hint(self, side: Side, now: float, after: float = 0.0) -> None:
        """Something changed, and is written down. It may wait for so long ``after`` the last wake-up began."""
        bell = self._bells.setdefault(side, _Bell())
        if bell.ringing:
            bell.again = min(bell.again, after)
        else:
            bell.due = min(bell.due, max(now, bell.quiet_until, bell.begun + after))

    def next_due(self) -> float:
        """When to ring next."""
        return min((bell.due for bell in self._bells.values()), default=inf)

    def take(self, now: float) -> list[Side]:
        """The bells to ring now; hints from here on belong to the next wake-up."""
        due = [side for side, bell in self._bells.items() if bell.due <= now]
        for side in due:
            bell = self._bells[side]
            bell.due, bell.begun, bell.ringing, bell.again = inf, now, True, inf
        return due

    def rang(self, side: Side, now: float, *, heard: bool) -> None:
        """How it went."""
        bell = self._bells[side]
        bell.ringing = False
        bell.failures = 0 if heard else bell.failures + 1
        bell.quiet_until = now + min(LONGEST, COOLING * 2 ** min(bell.failures, 10))
        bell.due = max(bell.quiet_until, bell.begun + (bell.again if heard else 0.0))
