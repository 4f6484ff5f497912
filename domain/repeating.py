"""What of a deal is billed again and again, and how a template of repeating invoices says so."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from domain.records import LineItem, Repeats
from domain.terms import Terms, parse_due, plain_terms, show_date, terms_for

# The milestone under which a deal's template stands.
REPEATING = "repeating"
# The words of HubSpot and Pipedrive: https://knowledge.hubspot.com/object-settings/customize-the-line-item-editor,
# https://developers.pipedrive.com/docs/api/v1/DealProducts
_EVERY: dict[str, tuple[int, Literal["week", "month"]]] = {
    "weekly": (1, "week"),
    "biweekly": (2, "week"),
    "monthly": (1, "month"),
    "quarterly": (3, "month"),
    "per_six_months": (6, "month"),
    "semi-annually": (6, "month"),
    "annually": (12, "month"),
    "per_two_years": (24, "month"),
    "per_three_years": (36, "month"),
    "per_four_years": (48, "month"),
    "per_five_years": (60, "month"),
}
_NAMES = {(1, "week"): "weekly", (1, "month"): "monthly", (3, "month"): "quarterly", (12, "month"): "yearly"}


def recurring(lines: Sequence[LineItem]) -> list[LineItem]:
    """Those that are billed again and again."""
    return [line for line in lines if line.billing_frequency]


def in_one_rhythm(lines: Sequence[LineItem]) -> bool:
    """Whether what recurs is all billed as often, from the same day and as many times: one template says no more."""
    found = {(x.billing_frequency.casefold(), x.billing_starts, x.billing_times) for x in recurring(lines)}
    return len(found) == 1 and next(iter(found))[0] in _EVERY


def repeats_of(lines: Sequence[LineItem], day: date, due: str, contact_terms: str) -> Repeats:
    """How what recurs in one rhythm is billed: from its own day or else from this one."""
    line = recurring(lines)[0]
    every, unit = _EVERY[line.billing_frequency.casefold()]
    first = line.billing_starts or day
    last = _later(first, every * (line.billing_times - 1), unit) if line.billing_times else None
    return Repeats(every, unit, first, last, plain_terms(terms_for(due, contact_terms)) or "")


def terms_of(repeats: Repeats) -> Terms:
    """When each invoice of a template is due."""
    return parse_due(repeats.terms)


def in_words(repeats: Repeats) -> str:
    """For people: monthly from 5 July 2026."""
    often = _NAMES.get((repeats.every, repeats.unit), f"every {repeats.every} {repeats.unit}s")
    until = f" until {show_date(repeats.last)}" if repeats.last else ""
    return f"{often} from {show_date(repeats.first)}{until}"


def _later(day: date, count: int, unit: str) -> date:
    if unit == "week":
        return day + timedelta(weeks=count)
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
