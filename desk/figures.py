"""The month in money, as far as the ledger has seen it: won, invoiced, paid, outstanding, overdue."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from desk.plots import Plot, plot
from domain.money import ZERO, show
from ledger import seen
from ledger.desk_tables import InvoiceSeen
from ledger.session import Session
from stages.stakes import Stake

AGES = (("not due yet", None, 0), ("1–30 days", 1, 30), ("31–60 days", 31, 60), ("61–90 days", 61, 90))


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the month: in the organisation's currency first, then in others."""

    name: str
    about: str
    amounts: tuple[Stake, ...]
    count: int
    plot: Plot

    @property
    def main(self) -> Stake:
        return self.amounts[0]


Sum = tuple[date | None, Decimal, str]
"""A day, an amount, its currency."""


def month(session: Session, pair: str, today: date, home: str) -> list[Figure]:
    """The five figures; ``today`` is the organisation's calendar day, ``home`` its currency."""
    first = today.replace(day=1)
    won = [
        (d.closed_on, Decimal(d.amount or "0"), d.currency or home)
        for d in seen.won_since(session, pair, first)
        if d.closed_on and d.closed_on <= today
    ]
    invoiced = [(i.date, Decimal(i.total), i.currency) for i in seen.invoiced_since(session, pair, first)]
    paid = [(p.day, Decimal(p.amount), currency) for p, currency in seen.payments_since(session, pair, first)]
    unpaid = seen.unpaid(session, pair)
    overdue = [i for i in unpaid if i.due_date and i.due_date < today]
    return [
        _of_month("Won", "deals closed this month, as the CRM states them", won, today, home),
        _of_month("Invoiced", "approved this month, with GST", invoiced, today, home),
        _of_month("Paid", "received this month", paid, today, home),
        _owed("Outstanding", "due on all approved invoices", unpaid, today, home),
        _owed("Overdue", "of that, past its due date", overdue, today, home),
    ]


def _of_month(name: str, about: str, sums: Sequence[Sum], today: date, home: str) -> Figure:
    days = calendar.monthrange(today.year, today.month)[1]
    by_day = dict.fromkeys(range(1, days + 1), ZERO)
    for day, amount, currency in sums:
        if day and currency == home and (day.year, day.month) == (today.year, today.month):
            by_day[day.day] += amount
    bars = [(f"{day} {today:%b}: {show(amount, home)}", amount) for day, amount in by_day.items()]
    best = max(by_day, key=lambda day: by_day[day])
    shown = f"{name} by day of {today:%B}; " + (
        f"most on the {best}., {show(by_day[best], home)}." if by_day[best] else "nothing yet."
    )
    weak = [day - 1 for day in by_day if day > today.day]
    return Figure(name, about, _amounts(sums, home), len(sums), plot(bars, shown, weak))


def _owed(name: str, about: str, invoices: Sequence[InvoiceSeen], today: date, home: str) -> Figure:
    sums = [(i.due_date, Decimal(i.due), i.currency) for i in invoices]
    ages = {label: ZERO for label, _, _ in AGES} | {"more than 90 days": ZERO}
    for day, amount, currency in sums:
        if currency == home:
            ages[_age(day, today)] += amount
    bars = [(f"{label}: {show(amount, home)}", amount) for label, amount in ages.items()]
    shown = f"{name} by how late: " + "; ".join(label for label, _ in bars) + "."
    return Figure(name, about, _amounts(sums, home), len(sums), plot(bars, shown, weak=[0]))


def _age(day: date | None, today: date) -> str:
    late = (today - day).days if day else 0
    for label, _, last in AGES:
        if late <= last:
            return label
    return "more than 90 days"


def _amounts(sums: Iterable[Sum], home: str) -> tuple[Stake, ...]:
    totals = {home: ZERO}
    for _, amount, currency in sums:
        totals[currency] = totals.get(currency, ZERO) + amount
    return tuple(Stake(amount, currency) for currency, amount in totals.items())
