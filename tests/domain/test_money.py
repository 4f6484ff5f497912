"""Amounts: half up to the cent, read strictly, shown as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import cents, decimals, plain, show, strict_decimal

amounts = st.decimals(-(10**10), 10**10, places=4)


@pytest.mark.parametrize(
    ("amount", "rounded"), [("1.985", "1.99"), ("2.675", "2.68"), ("1.9849", "1.98"), ("3.425", "3.43")]
)
def test_half_a_cent_rounds_up(amount: str, rounded: str) -> None:
    assert cents(Decimal(amount)) == Decimal(rounded)


@given(amounts)
def test_an_amount_and_its_reversal_cancel(amount: Decimal) -> None:
    assert cents(amount) + cents(-amount) == 0


@pytest.mark.parametrize("text", ["1210", "1210.00", "-5.5", "+3", ".5", "5.", "  7 ", "0.0001"])
def test_a_plain_number_is_read(text: str) -> None:
    assert strict_decimal(text) == Decimal(text.strip())


@pytest.mark.parametrize(
    "text", ["", "NaN", "Infinity", "-inf", "1e5", "1E+3", "1,210.00", "1_000", "0x10", "1 000", "--1", "١٢", "1" * 25]
)
def test_anything_else_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="plain number") as refusal:
        strict_decimal(text)
    assert not text or text not in str(refusal.value)


@pytest.mark.parametrize(
    ("number", "places"), [("1", 0), ("1.50", 1), ("100", 0), ("0.1250", 3), ("0.00001", 5), ("0", 0)]
)
def test_trailing_zeros_need_no_decimals(number: str, places: int) -> None:
    assert decimals(Decimal(number)) == places


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1210", "AUD", "$1,210.00"),
        ("1210", "USD", "USD 1,210.00"),
        ("-0.005", "AUD", "-$0.01"),
        ("-0.001", "AUD", "$0.00"),
        ("1234567.891", "AUD", "$1,234,567.89"),
        ("5", "", "5.00"),
    ],
)
def test_people_see_money_as_they_write_it(amount: str, currency: str, shown: str) -> None:
    assert show(Decimal(amount), currency) == shown


@given(amounts)
def test_money_for_machines_can_be_read_back_to_the_cent(amount: Decimal) -> None:
    assert strict_decimal(plain(amount)) == cents(amount)
    assert plain(Decimal("-0.001")) == "0.00"
