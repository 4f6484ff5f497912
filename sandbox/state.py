"""How things stand in the world, briefly and in plain JSON: what the play page shows and the demo watches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.selling import Selling
from sandbox.wire import Call
from sandbox.world import World
from sandbox.xero.records import Record as XeroRecord
from sandbox.xero.records import day_of

_CALLS = 20


def state(world: World, crm: Selling) -> dict[str, Any]:
    """Deals, invoices and payments, money as text; ``version`` rises with everything that happens."""
    return {
        "at": world.clock().isoformat(timespec="seconds"),
        "version": len(crm.double.log) + len(world.xero.log),
        "crm": crm.shown(),
        "xero_organisation": world.xero.books.organisation["Name"],
        "pipelines": crm.pipelines(),
        "deals": crm.deals(),
        "invoices": [_invoice(world, each) for each in reversed(world.xero.invoices.values())],
        "payments": [_payment(world, each) for each in world.xero.payments.values()],
    }


def calls(world: World, crm: Selling) -> list[dict[str, Any]]:
    """The last API calls to either system, newest first."""
    logs = (("Xero", world.xero.log), (crm.name, crm.double.log))
    latest = [(call.at, system, call) for system, log in logs for call in log[-10 * _CALLS :] if call.actor == "api"]
    latest.sort(key=_moment, reverse=True)
    return [_call(system, call) for _, system, call in latest[:_CALLS]]


def _invoice(world: World, invoice: XeroRecord) -> dict[str, Any]:
    due = day_of(invoice, "DueDate")
    contact = world.xero.contacts[invoice["Contact"]["ContactID"]]
    money = ("Total", "TotalTax", "AmountDue", "AmountPaid", "AmountCredited")
    return {
        "id": invoice["InvoiceID"],
        "number": invoice.get("InvoiceNumber", ""),
        "status": invoice["Status"],
        "contact": contact["Name"],
        "reference": invoice.get("Reference", ""),
        "marker": invoice.get("Url", ""),
        "due_date": due.isoformat() if due else "",
        "currency": invoice["CurrencyCode"],
        **{name: f"{invoice.get(name, 0):.2f}" for name in money},
        "lines": [_invoice_line(line) for line in invoice["LineItems"]],
        "payments": [each["PaymentID"] for each in invoice["Payments"]],
    }


def _invoice_line(line: XeroRecord) -> dict[str, str]:
    wanted = ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "LineAmount", "TaxAmount")
    return {name: str(line.get(name, "")) for name in wanted}


def _payment(world: World, payment: XeroRecord) -> dict[str, str]:
    invoice = world.xero.invoices[payment["Invoice"]["InvoiceID"]]
    day = day_of(payment, "Date")
    return {
        "id": payment["PaymentID"],
        "invoice_id": invoice["InvoiceID"],
        "number": invoice.get("InvoiceNumber", ""),
        "amount": f"{payment['Amount']:.2f}",
        "date": day.isoformat() if day else "",
        "status": payment["Status"],
    }


def _call(system: str, call: Call) -> dict[str, Any]:
    return {
        "at": call.at.isoformat(timespec="seconds"),
        "system": system,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "changes": len(call.changes),
    }


def _moment(entry: tuple[datetime, str, Call]) -> datetime:
    return entry[0]
