"""One week of a pair in a few figures, for people who would rather be told than look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from domain.month import Age, Week
from domain.period import Period, week_of
from domain.records import Day


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and what they come to by currency, the organisation's own first."""

    count: int
    amounts: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open question: ``title`` may name people, ``kind`` never does; ``records`` wait for it."""

    number: int
    kind: str
    title: str
    since: Day
    records: int


@dataclass(frozen=True, slots=True)
class Calls:
    """What a system's API still allows today, None where it doesn't say; ``paused``: nothing at present."""

    system: str
    left: int | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened in the week, and what is due and open today.

    ``weeks``, this one last, and ``ages`` of what is due are the organisation's own currency alone.
    """

    pair: str
    organisation: str
    currency: str
    week: Period
    today: Day
    won: Sum
    invoiced: Sum
    paid: Sum
    outstanding: Sum
    overdue: Sum
    questions: tuple[Waiting, ...]
    calls: tuple[Calls, ...]
    weeks: tuple[Week, ...] = ()
    ages: tuple[Age, ...] = ()


def week_before(today: Day) -> Period:
    """The last whole week, Monday to Sunday."""
    monday = week_of(today) - timedelta(days=7)
    return Period(monday, monday + timedelta(days=6))


def weeks_before(week: Period, many: int) -> list[Period]:
    """So many whole weeks, this one last."""
    mondays = [week.first - timedelta(days=7 * back) for back in reversed(range(many))]
    return [Period(monday, monday + timedelta(days=6)) for monday in mondays]
