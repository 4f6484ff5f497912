"""What each deal is told of an invoice for several: to the cent, whatever was paid and credited."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.consolidating import Month, month_named, shared
from domain.records import CustomerRef, Invoice

ZERO = Decimal(0)
INVOICE = Invoice(
    "i", "INV-1", "AUTHORISED", "c", None, None, "AUD", "tax exclusive", ZERO, ZERO, ZERO, ZERO, ZERO, ZERO
)


def cents(dice: random.Random, most: Decimal) -> Decimal:
    return Decimal(dice.randint(0, int(most * 100))) / 100


@pytest.mark.parametrize("seed", range(20))
def test_the_shares_of_every_figure_come_to_the_figure_and_no_deal_owes_more_than_it_bought(seed: int) -> None:
    dice = random.Random(seed)
    sums = {str(n): (total := cents(dice, Decimal(900)) + 1, total / 11) for n in range(dice.randint(1, 9))}
    sums = {deal: (total, tax.quantize(Decimal("0.01"))) for deal, (total, tax) in sums.items()}
    total, tax = (sum((each[n] for each in sums.values()), ZERO) for n in (0, 1))
    paid = cents(dice, total)
    credited = cents(dice, total - paid)
    figures = {"total": total, "total_tax": tax, "paid": paid, "credited": credited, "due": total - paid - credited}
    back = {"0": (min(credited, sums["0"][0]), ZERO)} if dice.random() < 0.5 else {}
    shares = shared(replace(INVOICE, subtotal=total - tax, **figures), sums, back)
    for name, figure in figures.items():
        assert sum((getattr(share, name) for share in shares.values()), ZERO) == figure, name
    for deal, share in shares.items():
        assert (share.total, share.total_tax) == sums[deal]
        assert share.paid + share.credited + share.due == share.total
        assert min(share.paid, share.credited, share.due) >= 0
        assert share.credited >= back.get(deal, (ZERO, ZERO))[0]


def test_a_month_is_known_by_its_name() -> None:
    month = Month(CustomerRef("person", "5"), "NZD", date(2026, 12, 1))
    assert month_named(str(month)) == month
    assert (month.last, month.after, month.title) == (date(2026, 12, 31), date(2027, 1, 1), "December 2026")
