"""A report as tables of typed cells: what the CSV files and the workbook are written from, so that they agree."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from domain.bas import is_known
from domain.money import plain
from domain.month import STATES, Changed, Month, Row
from templates.rendering import shown

Kind = Literal["text", "money", "count", "day"]
Cell = str | Decimal | int | date | None

# What a spreadsheet takes for the beginning of a formula, wide signs too, and what it leaves out before it looks.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table; ``columns`` are titles with the kind of what stands below."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    rows: tuple[tuple[Cell, ...], ...]


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what could be one."""
    clean = shown(text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def sheets(month: Month, changed: Sequence[Changed] = ()) -> list[Sheet]:
    """Everything the report says, table by table."""
    return [
        _summary(month),
        _deals(month),
        _pipelines(month),
        *_sales(month),
        _cash(month),
        _owners(month),
        *_receivables(month),
        _weeks(month),
        _changes(changed),
    ]


def csv_text(sheet: Sheet) -> str:
    """The table as CSV for spreadsheets: a byte order mark, CRLF, numbers and days as machines write them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([title for title, _ in sheet.columns])
    writer.writerows([_as_text(cell) for cell in row] for row in sheet.rows)
    return "\ufeff" + out.getvalue()


def _as_text(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, str):
        return harmless(cell)
    return "" if cell is None else str(cell)


def _summary(month: Month) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for name, states in month.counts().items():
        rows.append((_capital(name), sum(states.values()), *(states[state] for state in STATES)))
    won = month.won
    by_state = tuple(sum(row.state == state for row in won) for state in STATES)
    rows.append(("Won deals of the period", len(won), *by_state))
    columns: tuple[tuple[str, Kind], ...] = tuple((_capital(state), "count") for state in STATES)
    return Sheet("Summary", (("Class", "text"), ("Deals", "count"), *columns), tuple(rows))


def _deals(month: Month) -> Sheet:
    columns: tuple[tuple[str, Kind], ...] = (
        ("Deal", "text"),
        ("Name", "text"),
        ("Customer", "text"),
        ("Pipeline", "text"),
        ("Owner", "text"),
        ("Won on", "day"),
        ("Currency", "text"),
        ("Amount", "money"),
        ("Class", "text"),
        ("State", "text"),
        ("Why", "text"),
        ("Where", "text"),
        ("Question", "count"),
        ("Asked on", "day"),
        ("Invoices", "text"),
        ("Invoiced on", "day"),
        ("Invoiced", "money"),
        ("GST", "money"),
        ("Paid", "money"),
        ("Credited", "money"),
        ("Due", "money"),
        ("Paid on", "day"),
        ("Link", "text"),
    )
    return Sheet("Deals", columns, tuple(_deal(row) for row in month.rows))


def _deal(row: Row) -> tuple[Cell, ...]:
    return (
        row.deal,
        row.name,
        row.customer,
        row.pipeline,
        row.owner,
        row.closed_on,
        row.currency,
        row.amount,
        row.name_of_class,
        row.state,
        row.why,
        "; ".join(row.where),
        row.question or None,
        row.since,
        ", ".join(row.invoices),
        row.invoiced_on,
        row.invoiced,
        row.gst,
        row.paid,
        row.credited,
        row.due,
        row.paid_on,
        row.url,
    )


def _pipelines(month: Month) -> Sheet:
    money = ("Won", "Invoiced", "GST", "Paid", "Credited", "Due")
    columns: tuple[tuple[str, Kind], ...] = (
        ("Pipeline", "text"),
        ("Currency", "text"),
        ("Deals", "count"),
        *((name, "money") for name in money),
        ("Open", "count"),
    )
    rows = [
        (s.pipeline, s.currency, s.deals, s.won, s.invoiced, s.gst, s.paid, s.credited, s.due, s.open)
        for s in month.pipelines
    ]
    return Sheet("Pipelines", columns, tuple(rows))


def _sales(month: Month) -> Iterator[Sheet]:
    money: tuple[tuple[str, Kind], ...] = (("Net", "money"), ("GST", "money"), ("With GST", "money"))
    accounts = tuple((s.code, s.name, s.net, s.gst, s.gross) for s in month.accounts)
    yield Sheet("Accounts", (("Account", "text"), ("Name", "text"), *money), accounts)
    taxes = tuple((s.code, s.name, s.net, s.gst, s.gross, feeds(s.code, s.labels)) for s in month.taxes)
    yield Sheet("GST", (("Tax type", "text"), ("Name", "text"), *money, ("BAS labels", "text")), taxes)
    yield Sheet("BAS", (("Label", "text"), ("Amount", "money")), month.bas)


def feeds(tax_type: str, labels: Iterable[str]) -> str:
    """The labels a tax type feeds, in words where there are none."""
    listed = ", ".join(labels)
    return listed or ("none" if is_known(tax_type) else "as set in Xero")


def _cash(month: Month) -> Sheet:
    cash = month.cash
    rows: tuple[tuple[Cell, ...], ...] = (
        ("Received in the period", cash.payments, cash.received),
        ("Of that on invoices of deals", None, cash.of_deals),
        ("Of that on other invoices", None, cash.received - cash.of_deals),
        ("Approved invoices that are no deal's", *month.others),
    )
    return Sheet("Cash", (("What", "text"), ("Count", "count"), ("Amount", "money")), rows)


def _owners(month: Month) -> Sheet:
    columns: tuple[tuple[str, Kind], ...] = (
        ("Owner", "text"),
        ("Name", "text"),
        ("Payments", "count"),
        ("Paid", "money"),
        ("Paid without GST", "money"),
    )
    return Sheet("Paid by owner", columns, tuple((o.owner, o.name, o.payments, o.paid, o.net) for o in month.owners))


def _receivables(month: Month) -> Iterator[Sheet]:
    ages = tuple((a.label, a.invoices, a.due) for a in month.ages)
    yield Sheet("Receivables by age", (("Age", "text"), ("Invoices", "count"), ("Due", "money")), ages)
    columns: tuple[tuple[str, Kind], ...] = (
        ("Invoice", "text"),
        ("Customer", "text"),
        ("Due on", "day"),
        ("Days late", "count"),
        ("Currency", "text"),
        ("Due", "money"),
        (f"Due in {month.currency}", "money"),
    )
    rows = tuple((o.invoice, o.customer, o.due_date, o.days_late, o.currency, o.due, o.home) for o in month.owed)
    yield Sheet("Receivables", columns, rows)


def _weeks(month: Month) -> Sheet:
    columns: tuple[tuple[str, Kind], ...] = (("Week from", "day"), *((n, "money") for n in ("Won", "Invoiced", "Paid")))
    return Sheet("Weeks", columns, tuple((w.monday, w.won, w.invoiced, w.paid) for w in month.weeks))


def _changes(changed: Sequence[Changed]) -> Sheet:
    columns: tuple[tuple[str, Kind], ...] = (("Deal", "text"), ("Name", "text"), ("What changed", "text"))
    return Sheet("Changes", columns, tuple((c.deal, c.name, "; ".join(c.what)) for c in changed))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
