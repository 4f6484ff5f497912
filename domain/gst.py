"""Xero's arithmetic: every line rounded to the cent, its tax rounded to the cent, then summed.

That is the taxable supply rule of the GST Act, s 9-90(2)(b), with two decimals; halves round up.
https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero
https://www.ato.gov.au/law/view/print?DocID=PAC%2F19990055%2F9-90&PiT=99991231235958

``amounts_are`` is the mapping's word for what prices mean: "tax exclusive", "tax inclusive" or "no tax".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.money import ZERO, cents

_HUNDRED = Decimal(100)
_HALF_CENT = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class RatedLine:
    """A line's amount after discount, to the cent, and its tax rate in per cent."""

    amount: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures at the foot of an invoice: ``subtotal`` without tax, ``total`` with it."""

    subtotal: Decimal
    tax: Decimal
    total: Decimal


def line_amount(
    quantity: Decimal, unit: Decimal, discount_percent: Decimal = ZERO, discount_amount: Decimal = ZERO
) -> Decimal:
    """What Xero makes of a line, to the cent; ``discount_amount`` is for the whole line."""
    return cents(quantity * unit * (_HUNDRED - discount_percent) / _HUNDRED - discount_amount)


def tax_of(amount: Decimal, rate: Decimal, amounts_are: str) -> Decimal:
    """The tax on, or inside, a line's amount, to the cent; ``rate`` in per cent."""
    return cents(_unrounded_tax(amount, rate, amounts_are))


def totals(lines: Sequence[RatedLine], amounts_are: str) -> Totals:
    """The figures Xero will show for these lines."""
    tax = sum((tax_of(line.amount, line.rate, amounts_are) for line in lines), ZERO)
    return _totals(lines, tax, amounts_are)


def totals_rounded_once(lines: Sequence[RatedLine], amounts_are: str) -> Totals:
    """The same by the total invoice rule, s 9-90(2)(a): tax summed unrounded, then rounded, as most CRMs do."""
    tax = sum((_unrounded_tax(line.amount, line.rate, amounts_are) for line in lines), ZERO)
    return _totals(lines, cents(tax), amounts_are)


def tolerance(lines: int) -> Decimal:
    """How far two honest totals of so many lines may lie apart, when each rounds in its own way."""
    return _HALF_CENT * (lines + 1)


def _totals(lines: Sequence[RatedLine], tax: Decimal, amounts_are: str) -> Totals:
    amounts = cents(sum((line.amount for line in lines), ZERO))
    tax = cents(tax)
    if amounts_are == "tax inclusive":
        return Totals(amounts - tax, tax, amounts)
    return Totals(amounts, tax, amounts + tax)


def _unrounded_tax(amount: Decimal, rate: Decimal, amounts_are: str) -> Decimal:
    match amounts_are:
        case "tax exclusive":
            return amount * rate / _HUNDRED
        case "tax inclusive":
            return amount * rate / (_HUNDRED + rate)
        case "no tax":
            return ZERO
        case _:
            raise ValueError("amounts are tax exclusive, tax inclusive or no tax")
