"""The fields Salesforce works out itself: won and closed of a deal, the amounts of a line, a person's whole name."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org, Record

# Those of a new organisation that matter here, each open, won or lost.
STAGES = {
    "Prospecting": "open",
    "Proposal/Price Quote": "open",
    "Closed Won": "won",
    "Closed Lost": "lost",
}
_CENT = Decimal("0.01")


def derived(org: Org, record: Record) -> dict[str, Any]:
    """The calculated fields of a record as its own values now stand."""
    match record.kind:
        case "Opportunity":
            return _deal(org, record)
        case "OpportunityLineItem":
            return _line(org, record.values)
        case "Contact":
            return {"Name": _whole_name(record.values), "IsPersonAccount": False}
        case "Account":
            return _account(record.values)
        case _:
            return {}


def _deal(org: Org, record: Record) -> dict[str, Any]:
    stage = org.stage(record.values.get("StageName", ""))
    closed, won = (bool(stage and stage.values[name]) for name in ("IsClosed", "IsWon"))
    lines = org.children(record, "OpportunityLineItems")
    return {"IsClosed": closed, "IsWon": won, "HasOpportunityLineItem": bool(lines)}


def _line(org: Org, values: dict[str, Any]) -> dict[str, Any]:
    """``UnitPrice`` is before, ``TotalPrice`` after the discount in per cent.

    https://developer.salesforce.com/docs/atlas.en-us.220.0.api.meta/api/sforce_api_objects_opportunitylineitem.htm
    """
    product = org.any("Product2", values.get("Product2Id"))
    deal = org.any("Opportunity", values.get("OpportunityId"))
    entry = org.any("PricebookEntry", values.get("PricebookEntryId"))
    quantity, price = values["Quantity"], values["UnitPrice"]
    before = quantity * price
    after = before * (1 - values.get("Discount", Decimal(0)) / 100)
    own = product.values if product else {}
    found = {
        "Name": f"{deal.values['Name'] if deal else ''} {own.get('Name', '')}".strip(),
        "Subtotal": _cents(before),
        "TotalPrice": _cents(after),
        "HasRevenueSchedule": values.get("HasRevenueSchedule", False),
        "HasQuantitySchedule": values.get("HasQuantitySchedule", False),
    }
    more = {
        "ProductCode": own.get("ProductCode"),
        "ListPrice": entry.values["UnitPrice"] if entry else None,
        "CurrencyIsoCode": deal.values.get("CurrencyIsoCode") if deal else None,
    }
    return found | {name: value for name, value in more.items() if value is not None}


def _account(values: dict[str, Any]) -> dict[str, Any]:
    is_person = bool(values.get("IsPersonAccount", False))
    return {"IsPersonAccount": is_person, **({"Name": _whole_name(values)} if is_person else {})}


def _whole_name(values: dict[str, Any]) -> str:
    return " ".join(filter(None, (values.get("FirstName"), values.get("LastName"))))


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
