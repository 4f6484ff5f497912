"""How many calls each system still allows; shared by all processes, fed by the vendors' own headers.

Keeps the ``Pace`` that ``connectors/http.py`` asks for, without knowing that file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction

from sqlalchemy import Date, and_, bindparam, case
from sqlmodel import Session, SQLModel, col, or_, select, update

from ledger.database import Ledger
from ledger.tables import Budget

WINDOW = timedelta(seconds=60)
DAY = timedelta(days=1)
NO_LIMIT = 2**31 - 1
_ROW = SQLModel.metadata.tables["budget"].columns
_IS_OVER = _ROW.window_at <= bindparam("since")
_SPEND = (
    update(Budget)
    .where(
        _ROW.pair == bindparam("this_pair"),
        _ROW.system == bindparam("this_system"),
        _ROW.daily.is_(False),
        # Where the day's calls are counted here, of this day and of as many as it has.
        or_(
            bindparam("day", type_=Date()).is_(None),
            and_(
                _ROW.counted_on == bindparam("day", type_=Date()),
                _ROW.day_most == bindparam("of_day"),
                _ROW.day_left >= bindparam("cost"),
            ),
        ),
        or_(_ROW.paused_until.is_(None), _ROW.paused_until <= bindparam("now")),
        or_(_IS_OVER, _ROW.window_calls < bindparam("most")),
    )
    .values(
        window_at=case((_IS_OVER, bindparam("now")), else_=_ROW.window_at),
        window_calls=case((_IS_OVER, 1), else_=_ROW.window_calls + 1),
        day_left=_ROW.day_left - bindparam("cost"),
    )
)

_THIS = (_ROW.pair == bindparam("pair"), _ROW.system == bindparam("system"))
_STOPPED = select(_ROW.daily).where(*_THIS, or_(_ROW.daily, _ROW.paused_until > bindparam("now")))
_LEFT = select(_ROW.day_left, _ROW.day_most).where(*_THIS)


class Pace:
    """The calls of one pair to one system: at most ``per_minute``, none while paused.

    ``per_day`` is for systems that don't tell how many are left: their cost is counted here, from midnight UTC on.
    ``throttled(system, pause, daily)`` makes the exception to raise, ``pause`` in seconds.
    """

    def __init__(
        self,
        ledger: Ledger,
        pair: str,
        *,
        per_minute: Mapping[str, int],
        throttled: Callable[[str, float, bool], Exception],
        per_day: Mapping[str, int] | None = None,
    ) -> None:
        self._ledger = ledger
        self._pair = pair
        self._per_minute = per_minute
        self._per_day = per_day or {}
        self._throttled = throttled

    def spend(self, system: str, cost: int = 1) -> None:
        """Count one call before it is made; raises what ``throttled`` makes while the system is paused."""
        now = self._ledger.now()
        if system not in self._per_minute and system not in self._per_day and self._goes_on(system, now):
            return
        with self._ledger.write() as session:
            if self._has_room(session, system, now, cost):
                return
            row = _row(session, self._pair, system, now)
            pause = self._pause(row, now, cost)
            if pause is None:
                row.window_calls += 1
                if row.day_left is not None:
                    row.day_left -= cost
                session.add(row)
        if pause is not None:
            raise self._throttled(system, *pause)

    def _goes_on(self, system: str, now: datetime) -> bool:
        """Whether a system whose calls nobody counts but itself is not paused."""
        with self._ledger.read() as session:
            asked = {"pair": self._pair, "system": system, "now": now}
            return session.connection().execute(_STOPPED, asked).first() is None

    def _has_room(self, session: Session, system: str, now: datetime, cost: int) -> bool:
        """Counts the call where nothing stands against it, as mostly nothing does, in one statement."""
        most, of_day = self._per_minute.get(system, NO_LIMIT), self._per_day.get(system)
        asked = {"this_pair": self._pair, "this_system": system, "since": now - WINDOW, "now": now, "most": most}
        asked |= {"day": None if of_day is None else now.astimezone(UTC).date(), "of_day": of_day, "cost": cost}
        return bool(session.connection().execute(_SPEND, asked).rowcount)

    def _pause(self, row: Budget, now: datetime, cost: int) -> tuple[float, bool] | None:
        if row.paused_until is not None and row.paused_until > now:
            return (row.paused_until - now).total_seconds(), row.daily
        if row.daily:  # the pause itself stays: by another process's clock it may not be over
            row.daily, row.day_left = False, self._day_left(row)
        self._begin_day(row, now)
        if row.system in self._per_day and (row.day_left or 0) < cost:
            midnight = datetime.combine(now.astimezone(UTC).date() + DAY, time(), UTC)
            return (midnight - now).total_seconds(), True
        if now - row.window_at >= WINDOW:
            row.window_at, row.window_calls = now, 0
        limit = self._per_minute.get(row.system)
        if limit is not None and row.window_calls >= limit:
            return (row.window_at + WINDOW - now).total_seconds(), False
        return None

    def _day_left(self, row: Budget) -> int | None:
        """What is left after a pause: only our own count still knows."""
        return row.day_left if row.system in self._per_day else None

    def _begin_day(self, row: Budget, now: datetime) -> None:
        most, today = self._per_day.get(row.system), now.astimezone(UTC).date()
        if most is not None and (row.counted_on, row.day_most) != (today, most):
            spent = (row.day_most or 0) - (row.day_left or 0) if row.counted_on == today else 0
            row.counted_on, row.day_most, row.day_left = today, most, most - spent

    def heard(
        self,
        system: str,
        *,
        day_left: int | None,
        minute_left: int | None,
        pause: float | None,
        daily: bool,
        day_most: int | None = None,
    ) -> None:
        """What their answer said: calls left today and this minute, and how long to pause, in seconds."""
        now = self._ledger.now()
        ends = day_left is not None and day_left * 5 <= (day_most or 0)
        if pause is None and minute_left != 0 and not ends and (day_left is None or day_left % 10):
            return  # not worth a commit
        with self._ledger.write() as session:
            row = _row(session, self._pair, system, now)
            if day_left is not None:
                # Where nothing tells how many a day has, it has at least as many as were ever left.
                row.day_left, row.day_most = day_left, day_most or max(row.day_most or 0, day_left)
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


def share_left(session: Session, pair: str, system: str) -> Fraction:
    """How much of the day's calls is left, from 0 to 1; 1 where nobody knows."""
    row = session.connection().execute(_LEFT, {"pair": pair, "system": system}).first()
    if row is None or row.day_left is None or not row.day_most:
        return Fraction(1)
    return Fraction(max(0, row.day_left), row.day_most)


def _row(session: Session, pair: str, system: str, now: datetime) -> Budget:
    return session.get(Budget, (pair, system), with_for_update=True) or Budget(
        pair=pair, system=system, window_at=now, window_calls=0
    )
