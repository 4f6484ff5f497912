"""What a customer owes on all that stands open: how much, since when, and whether to stop selling on credit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from domain.money import ZERO, plain
from domain.records import Day

Told = Literal["open balance", "oldest due", "on stop"]
NOTHING: Mapping[Told, str] = {"open balance": "0.00", "oldest due": "", "on stop": "false"}


@dataclass(frozen=True, slots=True)
class Open:
    """Something due of one invoice, or as a negative amount left of one credit, in the organisation's currency."""

    due: Decimal
    due_date: Day | None


def balance(invoices: Iterable[Open], today: date, stop_after: int | None) -> Mapping[Told, str]:
    """What the customer's record is told; ``stop_after`` days overdue it is on stop, never where none are said.

    More credit than is due is a negative balance, of which nothing is overdue.
    """
    listed = list(invoices)
    total = sum((each.due for each in listed), ZERO)
    if total <= 0:
        return {**NOTHING, "open balance": plain(total)}
    oldest = min((each.due_date for each in listed if each.due_date), default=None)
    late = (today - oldest).days if oldest else 0
    stopped = stop_after is not None and late > stop_after
    return {
        "open balance": plain(total),
        "oldest due": oldest.isoformat() if oldest else "",
        "on stop": "true" if stopped else "false",
    }
