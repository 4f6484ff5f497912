"""A month as its report says it: a row for each deal, and sums that tie to the rows and to Xero.

Amounts named ``home`` are in the organisation's currency; a row's are in the deal's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from domain.case import CLASSES, WITHOUT_DEAL, Class
from domain.money import ZERO
from domain.period import Period
from domain.records import Day

State = Literal["agreed", "explained", "mended", "open"]
STATES: tuple[State, ...] = ("agreed", "mended", "explained", "open")


@dataclass(frozen=True, slots=True)
class Row:
    """One deal: what it came to, its class and why, where it differs to the cent.

    ``state``: agreed; mended by the rules just now; explained by the mapping or a person; or open. ``invoiced`` is
    with GST. ``since`` is when the question ``question`` was asked.
    """

    deal: str
    name: str
    url: str
    customer: str
    pipeline: str
    owner: str
    closed_on: Day | None
    amount: Decimal | None
    currency: str
    name_of_class: Class
    state: State
    why: str = ""
    where: tuple[str, ...] = ()
    question: int = 0
    since: Day | None = None
    invoices: tuple[str, ...] = ()
    invoiced: Decimal = ZERO
    gst: Decimal = ZERO
    paid: Decimal = ZERO
    credited: Decimal = ZERO
    due: Decimal = ZERO
    invoiced_on: Day | None = None
    paid_on: Day | None = None


@dataclass(frozen=True, slots=True)
class PipelineSum:
    """The won deals of one pipeline, in one currency."""

    pipeline: str
    currency: str
    deals: int
    won: Decimal
    invoiced: Decimal
    gst: Decimal
    paid: Decimal
    credited: Decimal
    due: Decimal
    open: int


@dataclass(frozen=True, slots=True)
class Sales:
    """What was sold under one account or tax type, home, less credit notes."""

    code: str
    name: str
    net: Decimal
    gst: Decimal
    labels: tuple[str, ...] = ()

    @property
    def gross(self) -> Decimal:
        return self.net + self.gst


@dataclass(frozen=True, slots=True)
class Age:
    """What is due now, by how late it is, home."""

    label: str
    invoices: int
    due: Decimal


@dataclass(frozen=True, slots=True)
class Owed:
    """One invoice on which something is due now."""

    invoice: str
    customer: str
    due_date: Day | None
    days_late: int
    due: Decimal
    currency: str
    home: Decimal


@dataclass(frozen=True, slots=True)
class OwnerPaid:
    """What was paid in the period on the invoices of one owner's deals, home; ``net`` leaves GST out, pro rata."""

    owner: str
    name: str
    payments: int
    paid: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Cash:
    """Payments received in the period, home; ``of_deals`` on the invoices of deals."""

    payments: int
    received: Decimal
    of_deals: Decimal


@dataclass(frozen=True, slots=True)
class Week:
    """One week from its Monday, home."""

    monday: Day
    won: Decimal
    invoiced: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True)
class Month:
    """Everything the report says. ``others`` are approved invoices of the period that are no deal's: how many, home."""

    pair: str
    organisation: str
    currency: str
    tax_basis: str
    period: Period
    read_on: Day
    rows: tuple[Row, ...]
    pipelines: tuple[PipelineSum, ...]
    accounts: tuple[Sales, ...]
    taxes: tuple[Sales, ...]
    bas: tuple[tuple[str, Decimal], ...]
    cash: Cash
    owners: tuple[OwnerPaid, ...]
    ages: tuple[Age, ...]
    owed: tuple[Owed, ...]
    weeks: tuple[Week, ...]
    others: tuple[int, Decimal] = (0, ZERO)

    @property
    def won(self) -> tuple[Row, ...]:
        """The won deals of the period; the others have an invoice in it without being won."""
        return tuple(row for row in self.rows if row.name_of_class != WITHOUT_DEAL)

    @property
    def unexplained(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.state == "open")

    def counts(self) -> dict[Class, dict[State, int]]:
        """Deals by class and state; every class is there."""
        found: dict[Class, dict[State, int]] = {name: dict.fromkeys(STATES, 0) for name in CLASSES}
        for row in self.rows:
            found[row.name_of_class][row.state] += 1
        return found


@dataclass(frozen=True, slots=True)
class Changed:
    """What a later reading of the same period says otherwise of one deal."""

    deal: str
    name: str
    what: tuple[str, ...]


_COMPARED = ("name_of_class", "state", "amount", "invoiced", "gst", "paid", "credited", "due", "invoices")


def changes(before: Month, now: Month) -> tuple[Changed, ...]:
    """What changed between two readings of a period, deal by deal."""
    old, new = ({row.deal: row for row in month.rows} for month in (before, now))
    found: list[Changed] = []
    for deal in sorted(old.keys() | new.keys()):
        a, b = old.get(deal), new.get(deal)
        if b is None:
            found.append(Changed(deal, a.name if a else "", ("no longer among the deals of the period",)))
        elif a is None:
            found.append(Changed(deal, b.name, (f"new: {b.name_of_class}",)))
        elif what := _differing(a, b):
            found.append(Changed(deal, b.name, what))
    return tuple(found)


def _differing(a: Row, b: Row) -> tuple[str, ...]:
    pairs = [(name, getattr(a, name), getattr(b, name)) for name in _COMPARED]
    return tuple(f"{_word(name)}: {_said(x)} → {_said(y)}" for name, x, y in pairs if x != y)


def _word(name: str) -> str:
    return "class" if name == "name_of_class" else name


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value) or "none"  # pyright: ignore[reportUnknownVariableType]
    return "none" if value is None else str(value)


def pipelines_of(rows: Iterable[Row]) -> tuple[PipelineSum, ...]:
    """The sums of the won deals by pipeline and currency."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.name_of_class != WITHOUT_DEAL:
            groups.setdefault((row.pipeline, row.currency), []).append(row)
    return tuple(_pipeline(*key, own) for key, own in sorted(groups.items()))


def _pipeline(pipeline: str, currency: str, rows: Sequence[Row]) -> PipelineSum:
    def total(name: str) -> Decimal:
        return sum((getattr(row, name) or ZERO for row in rows), ZERO)

    return PipelineSum(
        pipeline,
        currency,
        len(rows),
        total("amount"),
        total("invoiced"),
        total("gst"),
        total("paid"),
        total("credited"),
        total("due"),
        sum(row.state == "open" for row in rows),
    )


AGES = ((0, "not due yet"), (30, "1 to 30 days late"), (60, "31 to 60 days late"), (90, "61 to 90 days late"))
OLDEST = "more than 90 days late"


def age_of(days_late: int) -> str:
    return next((label for most, label in AGES if days_late <= most), OLDEST)


def ages_of(owed: Iterable[tuple[int, Decimal]]) -> tuple[Age, ...]:
    """The sums of what is due, each so many days late and home, by how late they are; every age is there."""
    found = {label: Age(label, 0, ZERO) for _, label in AGES} | {OLDEST: Age(OLDEST, 0, ZERO)}
    for late, due in owed:
        age = found[age_of(late)]
        found[age.label] = Age(age.label, age.invoices + 1, age.due + due)
    return tuple(found.values())


def days_late(due_date: date | None, today: date) -> int:
    """0 for what is not due yet, or has no due date."""
    return max(0, (today - due_date).days) if due_date else 0
