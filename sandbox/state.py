"""How things stand in the world, briefly and in plain JSON: what the play page shows and the demo watches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.hubspot import PORTAL_ID, Record
from sandbox.wire import Call
from sandbox.world import World
from sandbox.xero.records import Record as XeroRecord
from sandbox.xero.records import day_of

OWN_FIELDS = "xero_"
"""The deal's fields that tell of its invoice begin so."""
_CALLS = 20


def state(world: World) -> dict[str, Any]:
    """Deals, invoices and payments, money as text; ``version`` rises with everything that happens."""
    return {
        "at": world.clock().isoformat(timespec="seconds"),
        "version": len(world.hubspot.log) + len(world.xero.log),
        "hubspot_account": str(PORTAL_ID),
        "xero_organisation": world.xero.books.organisation["Name"],
        "pipelines": _pipelines(world),
        "deals": [_deal(world, deal) for deal in world.hubspot.objects["deals"].values() if not deal.archived],
        "invoices": [_invoice(world, each) for each in reversed(world.xero.invoices.values())],
        "payments": [_payment(world, each) for each in world.xero.payments.values()],
    }


def calls(world: World) -> list[dict[str, Any]]:
    """The last API calls to either system, newest first."""
    logs = (("Xero", world.xero.log), ("HubSpot", world.hubspot.log))
    latest = [(call.at, system, call) for system, log in logs for call in log[-10 * _CALLS :] if call.actor == "api"]
    latest.sort(key=_moment, reverse=True)
    return [_call(system, call) for _, system, call in latest[:_CALLS]]


def _pipelines(world: World) -> list[dict[str, Any]]:
    return [
        {
            "id": pipeline.id,
            "label": pipeline.label,
            "stages": [{"id": s.id, "label": s.label, "closed": s.closed} for s in pipeline.stages],
        }
        for pipeline in world.hubspot.account.pipelines.values()
    ]


def _deal(world: World, deal: Record) -> dict[str, Any]:
    own = deal.properties
    pipeline, stage = world.hubspot.account.stage(own.get("dealstage", "")) or (None, None)
    customer = world.hubspot.customer(deal.id)
    return {
        "id": deal.id,
        "name": own.get("dealname", ""),
        "customer": _name(customer) if customer else "",
        "pipeline": pipeline.label if pipeline else "",
        "stage": stage.label if stage else "",
        "stage_id": own.get("dealstage", ""),
        "won": own.get("hs_is_closed_won") == "true",
        "closed": own.get("hs_is_closed") == "true",
        "amount": own.get("amount", ""),
        "url": world.hubspot.url(deal),
        "fields": {name: value for name, value in own.items() if name.startswith(OWN_FIELDS)},
        "lines": [_line(line) for line in world.hubspot.lines(deal.id)],
    }


def _name(record: Record) -> str:
    own = record.properties
    return own.get("name") or " ".join(filter(None, (own.get("firstname"), own.get("lastname"))))


def _line(line: Record) -> dict[str, str]:
    own = line.properties
    wanted = {"name": "name", "sku": "hs_sku", "quantity": "quantity", "price": "price", "amount": "amount"}
    return {"id": line.id, **{word: own.get(name, "") for word, name in wanted.items()}}


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
