"""A stretch of calendar days of the organisation: a month, or any days from one to another."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from domain.records import Day

_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """Both days belong to it."""

    first: Day
    last: Day

    def __contains__(self, day: Day | None) -> bool:
        return day is not None and self.first <= day <= self.last

    @property
    def is_month(self) -> bool:
        return self == month_of(self.first)

    @property
    def name(self) -> str:
        """As files and commands say it: ``2026-10``, or ``2026-10-05-to-2026-11-04``."""
        return f"{self.first:%Y-%m}" if self.is_month else f"{self.first.isoformat()}-to-{self.last.isoformat()}"

    @property
    def title(self) -> str:
        """As people say it: ``October 2026``, or ``5 Oct 2026 to 4 Nov 2026``."""
        return f"{self.first:%B %Y}" if self.is_month else f"{shown(self.first)} to {shown(self.last)}"


def shown(day: Day) -> str:
    """``5 Oct 2026``."""
    return f"{day.day} {day:%b %Y}"


def month_of(day: Day) -> Period:
    last = calendar.monthrange(day.year, day.month)[1]
    return Period(day.replace(day=1), day.replace(day=last))


def month_before(today: Day) -> Period:
    return month_of(today.replace(day=1) - timedelta(days=1))


def read_month(text: str) -> Period:
    """``2026-10``. Raises ``ValueError`` with a sentence."""
    found = _MONTH.fullmatch(text.strip())
    if not found or not 1 <= int(found[2]) <= 12 or int(found[1]) < 2000:
        raise ValueError("A month is written like 2026-10.")
    return month_of(date(int(found[1]), int(found[2]), 1))


def between(first: Day, last: Day) -> Period:
    """Raises ``ValueError`` with a sentence when there is no day in it."""
    if last < first:
        raise ValueError("The last day comes before the first.")
    return Period(first, last)


def wanted(month: str, first: Day | None, last: Day | None, today: Day) -> Period:
    """What was asked for: a month, or some days, or else the month before. Raises ``ValueError`` with a sentence."""
    if month and (first or last):
        raise ValueError("Name either a month or a first and a last day.")
    if month:
        return read_month(month)
    if first or last:
        if not (first and last):
            raise ValueError("Both a first and a last day are needed.")
        return between(first, last)
    return month_before(today)


def week_of(day: Day) -> Day:
    """The Monday on or before it."""
    return day - timedelta(days=day.weekday())
