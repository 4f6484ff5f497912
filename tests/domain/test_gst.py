"""GST to the cent: the invoices worked out by hand, and an independent reckoning in fractions."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.gst import RatedLine, line_amount, tax_of, tolerance, totals, totals_rounded_once
from tests.support.gst_vectors import GST_VECTORS, Vector

RATES = {"T": Decimal(10), "F": Decimal(0), "I": Decimal(0), "X": Decimal(0)}
TAXED = ("tax exclusive", "tax inclusive")


def _rated(vector: Vector) -> list[RatedLine]:
    return [
        RatedLine(line_amount(x.quantity, x.unit, x.discount_percent, x.discount_amount), RATES[x.kind])
        for x in vector.lines
    ]


@pytest.mark.parametrize("vector", GST_VECTORS, ids=lambda v: v.id)
def test_an_invoice_comes_to_what_was_worked_out_by_hand(vector: Vector) -> None:
    mode = f"tax {vector.mode}"
    lines = _rated(vector)
    figures = totals(lines, mode)
    assert tuple(line.amount for line in lines) == vector.line_amounts
    assert tuple(tax_of(line.amount, line.rate, mode) for line in lines) == vector.line_taxes
    assert (figures.subtotal, figures.tax, figures.total) == (vector.subtotal, vector.tax, vector.total)


ROUNDED_ONCE = {"V07": "0.10", "V10": "1.05", "V11": "6.33", "V31": "0.08", "V20": "10.00", "V23": "36.00"}


@pytest.mark.parametrize("vector", [v for v in GST_VECTORS if v.id in ROUNDED_ONCE], ids=lambda v: v.id)
def test_rounding_once_at_the_end_comes_to_another_figure_within_the_tolerance(vector: Vector) -> None:
    mode = f"tax {vector.mode}"
    once = totals_rounded_once(_rated(vector), mode)
    assert once.tax == Decimal(ROUNDED_ONCE[vector.id])
    assert abs(once.tax - vector.tax) <= tolerance(len(vector.lines))


def test_the_example_xero_publishes_for_fifteen_per_cent() -> None:
    lines = [RatedLine(Decimal(amount), Decimal(15)) for amount in ("25.06", "25.61", "25.63")]
    assert totals(lines, "tax exclusive").tax == Decimal("11.44")
    assert totals_rounded_once(lines, "tax exclusive").tax == Decimal("11.45")


def test_a_discount_is_taken_off_the_line_and_not_off_a_rounded_price() -> None:
    assert line_amount(Decimal(3), Decimal("33.33"), Decimal(10)) == Decimal("89.99")
    assert line_amount(Decimal(3), Decimal("30.00")) == Decimal("90.00")


def test_no_tax_means_none() -> None:
    figures = totals([RatedLine(Decimal(100), Decimal(10))], "no tax")
    assert (figures.subtotal, figures.tax, figures.total) == (100, 0, 100)
    with pytest.raises(ValueError, match="tax exclusive"):
        tax_of(Decimal(1), Decimal(10), "gross")


def _half_up(value: Fraction) -> Fraction:
    """To the cent, halves away from zero, by whole numbers only."""
    whole = math.floor(abs(value) * 100 + Fraction(1, 2))
    return Fraction(whole, 100) * (1 if value >= 0 else -1)


quantities = st.decimals(0, 999, places=4)
prices = st.decimals(-9999, 99999, places=4)
percents = st.decimals(0, 100, places=2)
lines_strategy = st.lists(
    st.tuples(quantities, prices, percents, st.sampled_from([0, 10, 15])), min_size=1, max_size=12
)


@given(lines_strategy, st.sampled_from(TAXED))
def test_any_invoice_agrees_with_a_reckoning_in_fractions(
    typed: list[tuple[Decimal, Decimal, Decimal, int]], mode: str
) -> None:
    amounts: list[Fraction] = []
    taxes: list[Fraction] = []
    for quantity, price, percent, rate in typed:
        amount = _half_up(Fraction(quantity) * Fraction(price) * (100 - Fraction(percent)) / 100)
        amounts.append(amount)
        taxes.append(_half_up(amount * rate / (100 if mode == "tax exclusive" else 100 + rate)))
    lines = [RatedLine(line_amount(q, p, d), Decimal(rate)) for q, p, d, rate in typed]
    figures = totals(lines, mode)
    assert [Fraction(line.amount) for line in lines] == amounts
    assert Fraction(figures.tax) == sum(taxes)
    assert Fraction(figures.total) == sum(amounts) + (sum(taxes) if mode == "tax exclusive" else 0)
    assert figures.subtotal + figures.tax == figures.total


@given(lines_strategy, st.sampled_from(TAXED))
def test_the_two_roundings_never_lie_further_apart_than_the_tolerance(
    typed: list[tuple[Decimal, Decimal, Decimal, int]], mode: str
) -> None:
    lines = [RatedLine(line_amount(q, p, d), Decimal(rate)) for q, p, d, rate in typed]
    assert abs(totals(lines, mode).tax - totals_rounded_once(lines, mode).tax) <= tolerance(len(lines))


@given(lines_strategy, st.sampled_from(TAXED))
def test_an_invoice_and_its_full_reversal_cancel(typed: list[tuple[Decimal, Decimal, Decimal, int]], mode: str) -> None:
    lines = [RatedLine(line_amount(q, p, d), Decimal(rate)) for q, p, d, rate in typed]
    both = totals([*lines, *(RatedLine(-line.amount, line.rate) for line in lines)], mode)
    assert (both.subtotal, both.tax, both.total) == (0, 0, 0)
