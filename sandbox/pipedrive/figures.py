"""What Pipedrive works out itself: a line's sum and a deal's value.

How the tax and a discount in money go into a sum is nowhere written; the account's switches say it either way.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.pipedrive.account import Switches

_CENT = Decimal("0.01")


def line_sum(line: dict[str, Any], switches: Switches) -> Decimal:
    quantity, price, discount = (Decimal(line[name]) for name in ("quantity", "item_price", "discount"))
    if line["discount_type"] == "percentage":
        net = quantity * price * (100 - discount) / 100
    else:
        net = quantity * price - discount * (quantity if switches.discount_is_for_one_unit else 1)
    if switches.sum_holds_the_tax and line["tax_method"] == "exclusive":
        net = net * (100 + Decimal(line["tax"])) / 100
    return cents(net)


def deal_value(lines: Iterable[dict[str, Any]], discounts: Iterable[dict[str, Any]]) -> Decimal:
    """The sum of the lines that count, less what is taken off the whole."""
    subtotal = sum((Decimal(line["sum"]) for line in lines if line["is_enabled"]), Decimal(0))
    off = Decimal(0)
    for discount in discounts:
        amount = Decimal(discount["amount"])
        off += subtotal * amount / 100 if discount["type"] == "percentage" else amount
    return cents(subtotal - off)


def cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
