"""Holding an invoice as Xero made it against what was planned, before anything is approved."""

from __future__ import annotations

from domain.money import show
from domain.records import Invoice, InvoicePlan

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
