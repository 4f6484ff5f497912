"""What a customer owes on all invoices that are known: how much, since when, and whether to stop selling on credit."""

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
    """Something due of one invoice, in the organisation's currency."""

    due: Decimal
    due_date: Day | None


def balance(invoices: Iterable[Open], today: date, stop_after: int | None) -> Mapping[Told, str]:
    """What the customer's record is told; ``stop_after`` days overdue it is on stop, never where none are said."""
    listed = [each for each in invoices if each.due > 0]
    if not listed:
        return NOTHING
    oldest = min((each.due_date for each in listed if each.due_date), default=None)
    late = (today - oldest).days if oldest else 0
    stopped = stop_after is not None and late > stop_after
    total = sum((each.due for each in listed), ZERO)
    return {
        "open balance": plain(total),
        "oldest due": oldest.isoformat() if oldest else "",
        "on stop": "true" if stopped else "false",
    }
