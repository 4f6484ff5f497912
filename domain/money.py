"""Amounts of money: rounded half up to the cent, read strictly, shown to people."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
# More than any amount or quantity needs, and within what Decimal computes exactly.
_LONGEST = 24


def cents(amount: Decimal) -> Decimal:
    """Rounded to two decimals, halves away from zero, so that an amount and its reversal cancel."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def strict_decimal(text: str) -> Decimal:
    """A number as digits with at most one point; ValueError for NaN, Infinity, exponents, commas and underscores.

    The message doesn't repeat the text, which may be anything a person typed into the wrong field.
    """
    bare = text.strip()
    if len(bare) > _LONGEST or not _PLAIN.fullmatch(bare):
        raise ValueError("not a plain number: digits with at most one decimal point")
    return Decimal(bare)


def decimals(number: Decimal) -> int:
    """How many decimal places a number needs, trailing zeros left aside."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def show(amount: Decimal, currency: str) -> str:
    """For people: ``$1,210.00`` in Australian dollars, ``USD 1,210.00`` in others."""
    rounded = cents(amount)
    sign = "-" if rounded < 0 else ""
    unit = "$" if currency == "AUD" else f"{currency} " if currency else ""
    return f"{sign}{unit}{abs(rounded):,.2f}"


def plain(amount: Decimal) -> str:
    """For machines: two decimals and nothing else, ``1210.00``."""
    return f"{cents(amount) + ZERO:.2f}"
