"""How much is listened to: so many calls a second from one address and at one endpoint."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST = 10_000
"""How many callers are remembered; the one not heard of for longest is forgotten."""


@dataclass(slots=True)
class Rate:
    """``rate`` calls a second on average and ``burst`` at once, for each caller. ``now`` gives seconds."""

    rate: float
    burst: float
    now: Callable[[], float]
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict[str, tuple[float, float]])

    def admits(self, caller: str) -> bool:
        """Count a call; False when it is one too many."""
        now = self.now()
        left, at = self._left.pop(caller, (self.burst, now))
        left = min(self.burst, left + (now - at) * self.rate)
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return left >= 1
