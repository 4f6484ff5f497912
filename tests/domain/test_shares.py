"""Shares of a deal: however it is cut up, and whatever becomes of it meanwhile, the parts come to the whole."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from domain.gst import line_amount, tax_of
from domain.money import ZERO
from domain.records import PlannedLine
from domain.shares import Share, opposite, owed, parse_share, part_of, summed

RATES = {"OUTPUT": Decimal(10), "EXEMPTOUTPUT": ZERO}


def line(dice: random.Random, amounts_are: str) -> PlannedLine:
    tax_type = dice.choice(list(RATES))
    quantity, unit = Decimal(dice.randint(1, 9)), Decimal(dice.randint(1, 99_999)) / 100
    off = Decimal(dice.choice((0, 0, 5)))
    amount = line_amount(quantity, unit, off)
    tax = tax_of(amount, RATES[tax_type], amounts_are)
    words = dice.choice(("Design", "Licence", "Travel"))
    return PlannedLine(words, quantity, unit, dice.choice(("200", "210")), tax_type, amount, tax, off)


@pytest.mark.parametrize("amounts_are", ["tax exclusive", "tax inclusive"])
def test_shares_and_what_is_left_come_to_the_whole_to_the_cent(amounts_are: str) -> None:
    for seed in range(500):
        dice = random.Random(seed)
        whole = [line(dice, amounts_are) for _ in range(dice.randint(1, 6))]
        taken: list[PlannedLine] = []
        for _ in range(dice.randint(1, 3)):
            share = Share(percent=Decimal(dice.randint(1, 3000)) / 100)
            most = sum((x.line_amount for x in whole), ZERO)
            part = part_of(whole, share, RATES, amounts_are, "Deposit", most)
            wanted = most * share.percent / 100
            assert abs(sum((x.line_amount for x in part), ZERO) - wanted) <= Decimal("0.005"), seed
            taken += part
        if dice.random() < 0.3:  # the deal changed meanwhile
            whole = [*whole[1:], line(dice, amounts_are)]
        rest = owed(whole, taken)
        assert summed((*taken, *rest), amounts_are) == summed(whole, amounts_are), seed
        assert not any(x.line_amount < 0 and x.discount_percent for x in rest)


def test_what_was_billed_in_full_is_not_billed_again_and_a_line_taken_off_is_the_line_again() -> None:
    dice = random.Random(1)
    one, two = line(dice, "tax exclusive"), line(dice, "tax exclusive")
    assert owed([one, two], [two]) == (one,)
    assert opposite(opposite(one)).line_amount == one.line_amount


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("30%", Share(percent=Decimal(30))),
        ("12.5 %", Share(percent=Decimal("12.5"))),
        ("$1,500.00", Share(amount=Decimal(1500))),
        ("the rest", Share(rest=True)),
    ],
)
def test_a_share_is_read_as_people_write_it(text: str, share: Share) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["0%", "120%", "a third", "-5", "1.234", ""])
def test_what_is_no_share_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="the rest"):
        parse_share(text)
