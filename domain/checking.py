"""Holding an invoice as Xero has it against what was planned, and against what it was after our last word."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal

from domain.money import ZERO, show
from domain.records import Invoice, InvoiceLine, InvoicePlan

OPEN = ("DRAFT", "SUBMITTED")
APPROVED = ("AUTHORISED", "PAID")
UNDONE = ("DELETED", "VOIDED")


def differences(plan: InvoicePlan, contact_id: str, invoice: Invoice) -> dict[str, str]:
    """What Xero's invoice says otherwise than the plan, as facts for a person; empty when it is the same."""
    found: dict[str, str] = {}
    for name, ours, theirs in (
        ("subtotal", plan.subtotal, invoice.subtotal),
        ("GST", plan.total_tax, invoice.total_tax),
        ("total", plan.total, invoice.total),
    ):
        if ours != theirs:
            found[name] = f"{show(ours, plan.currency)} planned, {show(theirs, invoice.currency)} in Xero"
    if invoice.contact_id != contact_id:
        found["customer"] = "not the one that was matched"
    if invoice.currency != plan.currency:
        found["currency"] = f"{plan.currency} planned, {invoice.currency} in Xero"
    if len(invoice.lines) != len(plan.lines):
        found["lines"] = f"{len(plan.lines)} planned, {len(invoice.lines)} in Xero"
    return found | _line_differences(plan, invoice)


def _line_differences(plan: InvoicePlan, invoice: Invoice) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, (ours, theirs) in enumerate(zip(plan.lines, invoice.lines, strict=False), start=1):
        for name, a, b in (
            ("account", ours.account_code, theirs.account_code),
            ("tax", ours.tax_type, theirs.tax_type),
        ):
            if a != b:
                found[f"line {number} {name}"] = f"{a} planned, {b or 'none'} in Xero"
    return found


def content(invoice: Invoice) -> str:
    """A fingerprint of all that people edit in a draft: it differs from that of our last word once somebody did."""
    lines = [
        (x.description, x.account_code, x.tax_type, x.item_code, x.tracking, *map(_plain, _figures(x)))
        for x in invoice.lines
    ]
    told = (invoice.contact_id, invoice.date, invoice.due_date, invoice.currency, invoice.amounts_are, lines)
    more = (invoice.reference, invoice.branding_theme, _plain(invoice.total_tax))
    return hashlib.sha256(repr((*told, *more)).encode()).hexdigest()[:16]


def carries(plan: InvoicePlan, contact_id: str, invoice: Invoice) -> bool:
    """Whether the invoice is the plan in all that people edit, whoever wrote it there."""
    return not differences(plan, contact_id, invoice) and not any(_words_differing(plan, invoice))


def _words_differing(plan: InvoicePlan, invoice: Invoice) -> Iterator[bool]:
    yield (plan.date, plan.due_date, plan.amounts_are) != (invoice.date, invoice.due_date, invoice.amounts_are)
    yield _squeezed(plan.reference) != _squeezed(invoice.reference)
    yield plan.branding_theme not in ("", invoice.branding_theme)
    for ours, theirs in zip(plan.lines, invoice.lines, strict=True):
        yield _squeezed(ours.description) != _squeezed(theirs.description)
        yield (ours.quantity, ours.unit_amount, ours.line_amount) != _figures(theirs)
        yield (ours.item_code, ours.tracking) != (theirs.item_code, theirs.tracking)


def _figures(line: InvoiceLine) -> tuple[Decimal, ...]:
    return (line.quantity, line.unit_amount, line.line_amount)


def _squeezed(text: str) -> str:
    """Xero trims what it keeps."""
    return " ".join(text.split())


def _plain(number: Decimal) -> str:
    return f"{number.normalize() + ZERO:f}"
