"""How many calls each system still allows; shared by all processes, fed by the vendors' own headers.

Keeps the ``Pace`` that ``connectors/http.py`` asks for, without knowing that file.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from ledger.database import Ledger
from ledger.tables import Budget

WINDOW = timedelta(seconds=60)


class Pace:
    """The calls of one pair to one system: at most ``per_minute``, none while paused.

    ``throttled(system, pause, daily)`` makes the exception to raise, ``pause`` in seconds.
    """

    def __init__(
        self,
        ledger: Ledger,
        pair: str,
        *,
        per_minute: dict[str, int],
        throttled: Callable[[str, float, bool], Exception],
    ) -> None:
        self._ledger = ledger
        self._pair = pair
        self._per_minute = per_minute
        self._throttled = throttled

    def spend(self, system: str) -> None:
        """Count one call before it is made; raises what ``throttled`` makes while the system is paused."""
        now = self._ledger.now()
        with self._ledger.write() as session:
            row = _row(session, self._pair, system, now)
            pause = self._pause(row, now)
            if pause is None:
                row.window_calls += 1
                if row.day_left is not None:
                    row.day_left -= 1
                session.add(row)
        if pause is not None:
            raise self._throttled(system, *pause)

    def _pause(self, row: Budget, now: datetime) -> tuple[float, bool] | None:
        if row.paused_until is not None:
            if row.paused_until > now:
                return (row.paused_until - now).total_seconds(), row.daily
            row.paused_until, row.daily, row.day_left = None, False, None
        if now - row.window_at >= WINDOW:
            row.window_at, row.window_calls = now, 0
        limit = self._per_minute.get(row.system)
        if limit is not None and row.window_calls >= limit:
            return (row.window_at + WINDOW - now).total_seconds(), False
        return None

    def heard(
        self, system: str, *, day_left: int | None, minute_left: int | None, pause: float | None, daily: bool
    ) -> None:
        """What their answer said: calls left today and this minute, and how long to pause, in seconds."""
        now = self._ledger.now()
        if pause is None and minute_left != 0 and (day_left is None or day_left % 10):
            return  # not worth a commit
        with self._ledger.write() as session:
            row = _row(session, self._pair, system, now)
            row.day_left = day_left if day_left is not None else row.day_left
            if minute_left == 0 and pause is None:
                pause = max(1.0, (row.window_at + WINDOW - now).total_seconds())
            if pause is not None:
                until = now + timedelta(seconds=pause)
                if row.paused_until is None or row.paused_until < until:
                    row.paused_until, row.daily = until, daily
            session.add(row)


def state(session: Session, pair: str) -> list[Budget]:
    """The budget of each system of a pair."""
    return list(session.exec(select(Budget).where(Budget.pair == pair).order_by(col(Budget.system))).all())


def _row(session: Session, pair: str, system: str, now: datetime) -> Budget:
    return session.get(Budget, (pair, system), with_for_update=True) or Budget(
        pair=pair, system=system, window_at=now, window_calls=0
    )
