"""Plans of invoices and contacts as the connector gets them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from connectors.xero import draft_element
from domain.gst import RatedLine, line_amount, tax_of, totals
from domain.records import ContactPlan, InvoicePlan, PlannedLine


def marker(deal: str) -> str:
    return f"https://app.hubspot.com/contacts/24680135/record/0-3/{deal}?x=e{deal}.abc123"


def contact_plan(number: str = "hubspot:24680135:company:1", name: str = "Bellbird Café", **more: Any) -> ContactPlan:
    return ContactPlan(number, name, **more)


def planned_line(
    quantity: str = "1",
    unit: str = "100.00",
    percent: str = "0",
    amount: str = "0",
    tax_type: str = "OUTPUT",
    **more: Any,
) -> PlannedLine:
    """A line whose figures are our own arithmetic, at 10 % or none."""
    rate = Decimal(10 if tax_type == "OUTPUT" else 0)
    net = line_amount(Decimal(quantity), Decimal(unit), Decimal(percent), Decimal(amount))
    return PlannedLine(
        description="Design work",
        quantity=Decimal(quantity),
        unit_amount=Decimal(unit),
        account_code=more.pop("account_code", "200"),
        tax_type=tax_type,
        line_amount=net,
        tax_amount=tax_of(net, rate, more.pop("amounts_are", "tax exclusive")),
        discount_percent=Decimal(percent),
        discount_amount=Decimal(amount),
        **more,
    )


def invoice_plan(*lines: PlannedLine, deal: str = "1", amounts_are: str = "tax exclusive", **more: Any) -> InvoicePlan:
    lines = lines or (planned_line(),)
    rated = [RatedLine(line.line_amount, Decimal(10 if line.tax_type == "OUTPUT" else 0)) for line in lines]
    figures = totals(rated, amounts_are)
    return InvoicePlan(
        deal_id=deal,
        milestone="full",
        date=more.pop("date", date(2026, 11, 25)),
        due_date=date(2026, 12, 9),
        currency=more.pop("currency", "AUD"),
        amounts_are=amounts_are,
        reference=more.pop("reference", "Big deal"),
        lines=lines,
        subtotal=figures.subtotal,
        total_tax=figures.tax,
        total=figures.total,
    )


def draft_of(deal: str, contact_id: str, *lines: PlannedLine, **more: Any) -> bytes:
    """The frozen element of a deal's invoice."""
    return draft_element(invoice_plan(*lines, deal=deal, **more), contact_id, marker(deal))
