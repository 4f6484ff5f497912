"""When an invoice is due, in Xero's own phrases for payment terms."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

_NUMBER = r"(?P<days>\d{1,3})(?:st|nd|rd|th)?"
_PHRASES = {
    "after invoice": re.compile(rf"{_NUMBER} days? after the invoice date"),
    "after month": re.compile(rf"{_NUMBER} days? after the end of the invoice month"),
    "following month": re.compile(rf"(?:the )?{_NUMBER} of the following month"),
    "current month": re.compile(rf"(?:the )?{_NUMBER} of the current month"),
    "invoice date": re.compile(r"on the invoice date"),
    "month end": re.compile(r"(?:at )?(?:the )?end of the month"),
}
_THE_CONTACTS = re.compile(r"the contact['’]s terms,? or ")
_PLAIN = {
    "after invoice": "{} days after the invoice date",
    "after month": "{} days after the end of the invoice month",
    "following month": "{} of the following month",
    "current month": "{} of the current month",
}
_OF_A_MONTH = ("following month", "current month")


@dataclass(frozen=True, slots=True)
class Terms:
    """Payment terms; ``days`` counts days or names the day of a month, 0 where the phrase has none."""

    kind: str
    days: int = 0


def parse_due(phrase: str) -> Terms:
    """The terms in a mapping's phrase; ValueError with a sentence for whoever wrote it."""
    words = _THE_CONTACTS.sub("", " ".join(phrase.casefold().split()))
    for kind, pattern in _PHRASES.items():
        found = pattern.fullmatch(words)
        if found is None:
            continue
        days = int(found.groupdict().get("days") or 0)
        if kind in _OF_A_MONTH and not 1 <= days <= 31:
            raise ValueError("A month has days 1 to 31; write for example: 20 of the following month.")
        return Terms(kind, days)
    raise ValueError(
        "Write one of: 14 days after the invoice date, 7 days after the end of the invoice month, "
        "20 of the following month, 20 of the current month, on the invoice date, end of the month; before any of them "
        "may stand: the contact's terms, or"
    )


def plain_terms(phrase: str) -> str | None:
    """A contact's own terms in Xero's four ways of saying them; None for a phrase that is none."""
    if _THE_CONTACTS.match(phrase.casefold().strip()):
        return None
    try:
        terms = parse_due(phrase)
    except ValueError:
        return None
    kind, days = {"invoice date": ("after invoice", 0), "month end": ("current month", 31)}.get(
        terms.kind, (terms.kind, terms.days)
    )
    return _PLAIN[kind].format(days)


def due_date(phrase: str, invoice_date: date, contact_terms: str = "") -> date:
    """The day an invoice of this date is due; ValueError for a phrase that is none. Never before the invoice itself.

    ``contact_terms`` count where the phrase lets the contact's own go first and it has some.
    """
    terms = parse_due(terms_for(phrase, contact_terms))
    return max(invoice_date, _DUE[terms.kind](invoice_date, terms.days))


def terms_for(phrase: str, contact_terms: str = "") -> str:
    """The phrase that counts: the contact's own terms where it lets them go first and there are any."""
    theirs = _THE_CONTACTS.match(phrase.casefold().strip())
    return contact_terms if theirs and contact_terms else _THE_CONTACTS.sub("", " ".join(phrase.casefold().split()))


def show_date(day: date) -> str:
    """For people: 5 July 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _on_day(month: date, day: int) -> date:
    """That day of the month, or its last where the month is shorter."""
    return month.replace(day=min(day, _month_end(month).day))


_DUE: dict[str, Callable[[date, int], date]] = {
    "after invoice": lambda day, days: day + timedelta(days),
    "after month": lambda day, days: _month_end(day) + timedelta(days),
    "following month": lambda day, days: _on_day(_month_end(day) + timedelta(1), days),
    "current month": _on_day,
    "invoice date": lambda day, _: day,
    "month end": lambda day, _: _month_end(day),
}
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
