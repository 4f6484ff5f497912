"""The thread that wakes pairs, so that no vendor waits for Prefect."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from math import inf

from desk.hooks.bells import SELDOM, Bells, Side
from tasks.wake import Stream

Ring = Callable[[str, Stream], object]
"""Wake a stream of a pair; what it returns is true when it worked."""

log = logging.getLogger(__name__)


class Waking:
    """Rings for hints as ``Bells`` says. Use it with ``start`` and ``stop``."""

    def __init__(self, ring: Ring, now: Callable[[], float] = time.monotonic) -> None:
        self._ring = ring
        self._now = now
        self._bells = Bells()
        self._news = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="waking", daemon=True)

    def hint(self, changed: Iterable[Side], looks: Iterable[Side] = ()) -> None:
        """Wake for what changed, and now and then for what may have."""
        with self._news:
            for sides, after in ((changed, 0.0), (looks, SELDOM)):
                for side in sides:
                    self._bells.hint(side, self._now(), after)
            self._news.notify()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._news:
            self._ending = True
            self._news.notify()
        self._thread.join()

    def _work(self) -> None:
        while (due := self._due()) is not None:
            for pair, stream in due:
                heard = self._rung(pair, stream)
                with self._news:
                    self._bells.rang((pair, stream), self._now(), heard=heard)

    def _due(self) -> list[Side] | None:
        """Whom to wake now, once there is somebody; ``None`` at the end, when nobody is left to wake now."""
        with self._news:
            while not (due := self._bells.take(self._now())):
                if self._ending:
                    return None
                at = self._bells.next_due()
                self._news.wait(None if at == inf else max(0.0, at - self._now()))
        return due

    def _rung(self, pair: str, stream: Stream) -> bool:
        try:
            return bool(self._ring(pair, stream))
        except Exception:
            log.exception("waking %s of %s failed", stream, pair)
            return False
