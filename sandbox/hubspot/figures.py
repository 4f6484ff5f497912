"""The properties HubSpot works out itself: closed, won and lost of a deal, the amounts of a line."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.hubspot.account import Account, Record

_CENT = Decimal("0.01")


def derived(account: Account, record: Record) -> dict[str, str]:
    """The calculated properties of a record as its own values now stand."""
    if record.kind == "deals":
        return _deal(account, record)
    if record.kind == "line_items":
        return _line(account, record.properties)
    if record.kind == "companies":
        return {"num_associated_deals": str(len(account.links.get(("companies", record.id, "deals"), {})))}
    return {}


def _deal(account: Account, record: Record) -> dict[str, str]:
    """https://developers.hubspot.com/docs/api-reference/latest/crm/objects/deals/object-definition"""
    found = account.stage(record.properties.get("dealstage", ""))
    closed = found is not None and found[1].closed
    probability = number(found[1].probability) if found else Decimal(0)
    amounts = {}
    if amount := record.properties.get("amount"):
        amounts = {"hs_deal_amount_in_home_currency": amount}
    return {
        **amounts,
        "hs_is_closed": _flag(closed),
        "hs_is_closed_won": _flag(closed and probability == 1),
        "hs_is_closed_lost": _flag(closed and probability == 0),
        "hs_deal_stage_probability": plain(probability),
        "num_associated_contacts": str(len(account.links.get(("deals", record.id, "contacts"), {}))),
    }


def _line(account: Account, values: dict[str, str]) -> dict[str, str]:
    """``discount`` is an amount per unit, ``amount`` is after discount and before tax.

    https://developers.hubspot.com/docs/api-reference/latest/crm/objects/line-items/guide
    """
    quantity, price = number(values.get("quantity", "1")), number(values.get("price", "0"))
    before = quantity * price
    if percent := values.get("hs_discount_percentage"):
        discount = before * number(percent) / 100
    else:
        discount = quantity * number(values.get("discount", "0"))
    amount = _cents(before - discount)
    rate = account.tax_rates.get(values.get("hs_tax_rate_group_id", ""))
    tax = _cents(amount * number(rate.percentage) / 100) if rate else Decimal(0)
    return {
        "amount": plain(amount),
        "hs_pre_discount_amount": plain(_cents(before)),
        "hs_total_discount": plain(_cents(discount)),
        "hs_tax_amount": plain(tax),
        "hs_post_tax_amount": plain(amount + tax),
    }


def number(text: str) -> Decimal:
    """A property's value as a number; what is none counts as nothing."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


def plain(value: Decimal) -> str:
    """A number as HubSpot writes it: no exponent, no trailing zeros."""
    return f"{value.normalize() + 0:f}"


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def _flag(value: bool) -> str:  # noqa: FBT001 - a property's value, not an option
    return "true" if value else "false"
