"""When to wake whom: at once when it was quiet, then no more than once in a while, and never for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasks.wake import Stream

COOLING = 1.0
"""Seconds after a wake-up in which further hints are gathered for the next."""

LONGEST = 60.0

Side = tuple[str, Stream]
"""A pair and what is to be looked at."""


@dataclass(slots=True)
class _Bell:
    """Idle while ``due`` is None and it isn't ringing. ``again``: hints came that no wake-up has covered."""

    due: float | None = None
    ringing: bool = False
    again: bool = False
    failures: int = 0
    quiet_until: float = 0.0


@dataclass(slots=True)
class Bells:
    """A bell for each pair and stream: idle → ringing → cooling, and from there ringing again or idle.

    Pure: the time in seconds is handed in. A wake-up that failed is tried again, ever more seldom, until it succeeds.
    """

    _bells: dict[Side, _Bell] = field(default_factory=dict[Side, _Bell])

    def hint(self, side: Side, now: float) -> None:
        """Something changed, and is written down."""
        bell = self._bells.setdefault(side, _Bell())
        if bell.ringing:
            bell.again = True
        elif bell.due is None:
            bell.due = max(now, bell.quiet_until)

    def next_due(self) -> float | None:
        """When to ring next."""
        return min((bell.due for bell in self._bells.values() if bell.due is not None), default=None)

    def take(self, now: float) -> list[Side]:
        """The bells to ring now; hints from here on belong to the next wake-up."""
        due = [side for side, bell in self._bells.items() if bell.due is not None and bell.due <= now]
        for side in due:
            bell = self._bells[side]
            bell.due, bell.ringing = None, True
        return due

    def rang(self, side: Side, now: float, *, heard: bool) -> None:
        """How it went."""
        bell = self._bells[side]
        bell.failures = 0 if heard else bell.failures + 1
        bell.quiet_until = now + min(LONGEST, COOLING * 2 ** min(bell.failures, 10))
        bell.due = bell.quiet_until if bell.again or not heard else None
        bell.ringing = bell.again = False
