"""What stands in the way of a deal's invoice: every doubt about it a question, all at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.decision import Hold, Skip
from domain.records import InvoicePlan, LineItem
from tests.support.deals import BOOKS, TODAY, choices, deal, line, only, plan, settled


def test_a_deal_that_can_not_be_read_is_asked_about_and_may_be_left() -> None:
    unreadable = deal(line(), unreadable="The amount is not a number.", amount=Decimal(1))
    question = only(plan(unreadable), "deal_unreadable")
    assert question.facts == {"deal id": "17", "why": "The amount is not a number."}
    assert isinstance(settled(unreadable, "deal_unreadable", "ignore"), Skip)


def test_a_deal_without_lines_is_asked_about() -> None:
    question = only(plan(deal(amount=Decimal(1210))), "no_lines")
    assert question.facts["deal amount"] == "$1,210.00"
    assert choices(question) == ["retry", "ignore"]


def test_try_again_settles_nothing() -> None:
    assert isinstance(settled(deal(), "no_lines", "retry"), Hold)


def test_an_answer_that_was_not_offered_settles_nothing() -> None:
    assert isinstance(settled(deal(), "no_lines", "use_lines"), Hold)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (line(quantity="-1"), "negative"),
        (line(price="-1"), "negative"),
        (line(quantity="0"), "quantity is 0"),
        (line(price="1.00001"), "four decimals"),
        (line(quantity="1.00001"), "four decimals"),
        (line(discount_percent=Decimal(101)), "between 0 and 100"),
        (line(discount_percent=Decimal(-1)), "between 0 and 100"),
        (line(discount_amount=Decimal(101)), "larger than the line"),
        (line(discount_amount=Decimal(-1)), "negative"),
        (line(currency="USD"), "is in USD while the deal is in AUD"),
        (line(name=" "), "neither a description nor a name"),
        (line(price="1e20"), "too large"),
        (line(quantity="1e20", price="1e20"), "too large"),
    ],
)
def test_a_line_that_xero_can_not_take_is_asked_about(bad: LineItem, why: str) -> None:
    assert why in only(plan(deal(bad, line())), "line_invalid").facts["lines"]


def test_zeros_at_the_end_are_no_decimals_and_a_note_costs_nothing() -> None:
    assert plan(deal(line(price="1.00010000"), line(quantity="0", price="0"))).total == Decimal("1.10")


def test_a_recurring_line_is_never_silently_taken_as_one_off() -> None:
    recurring = deal(line(billing_frequency="monthly"), line())
    question = only(plan(recurring), "recurring_line")
    assert question.facts["lines"] == "Consulting (monthly)"
    assert choices(question) == ["first_period", "retry", "ignore"]
    assert settled(recurring, "recurring_line", "first_period").total == Decimal("220.00")


@pytest.mark.parametrize(
    ("amount", "mode", "differs"),
    [
        ("100.00", "tax exclusive", False),
        ("100.01", "tax exclusive", False),
        ("100.02", "tax exclusive", True),
        ("110.00", "tax exclusive", True),
        ("100.00", "tax inclusive", False),
        ("90.91", "tax inclusive", True),
        ("0", "tax exclusive", True),
    ],
)
def test_a_deal_that_says_another_amount_than_its_lines_is_asked_about(amount: str, mode: str, differs: bool) -> None:
    outcome = plan(deal(line(), amount=Decimal(amount)), amounts_are=mode)
    assert isinstance(outcome, Hold) == differs


def test_the_question_of_two_amounts_states_both_to_the_cent() -> None:
    what = deal(line(price="1234.56"), amount=Decimal("1358.02"))
    question = only(plan(what), "amount_differs")
    assert question.facts == {
        "deal id": "17",
        "deal amount": "$1,358.02",
        "lines amount": "$1,234.56",
        "difference": "$123.46",
        "amounts are": "tax exclusive",
        "GST": "$123.46",
        "total": "$1,358.02",
        "remark": "The deal's amount is the total with GST.",
    }
    assert settled(what, "amount_differs", "use_lines").total == Decimal("1358.02")
    assert isinstance(plan(what, may_differ_by="200"), InvoicePlan)
    assert isinstance(plan(deal(line(), amount=Decimal("100.01")), may_differ_by="0"), Hold)


def test_anything_larger_than_the_mapping_says_is_looked_at() -> None:
    large = deal(line(price="10000.00"))
    question = only(plan(large, ask_above="10,999.99"), "ask_above")
    assert question.facts == {"deal id": "17", "total": "$11,000.00", "limit": "$10,999.99"}
    assert settled(large, "ask_above", "go_ahead", ask_above="10,999.99").goal == "authorised"
    assert isinstance(plan(large, ask_above="11000"), InvoicePlan)
    only(plan(deal(line(), currency="USD"), ask_above="11000"), "ask_above")


@pytest.mark.parametrize(
    ("price", "contact", "asks"),
    [
        ("909.09", "jane@acme.com.au", True),
        ("909.08", "jane@acme.com.au", False),
        ("909.09", "", True),
        ("909.09", "Jane Smith", False),
    ],
)
def test_from_a_thousand_dollars_on_the_buyer_must_be_named(price: str, contact: str, asks: bool) -> None:
    outcome = plan(deal(line(price=price)), contact=contact)
    assert isinstance(outcome, Hold) == asks
    if asks:
        assert choices(only(outcome, "buyer_identity")) == ["retry", "ignore"]


def test_an_invoice_in_a_locked_period_is_asked_about() -> None:
    locked = replace(BOOKS, organisation=replace(BOOKS.organisation, locked_until=date(2026, 7, 1)))
    question = only(plan(deal(line()), books=locked), "lock_date")
    assert question.facts == {"deal id": "17", "date": "1 July 2026", "locked until": "1 July 2026"}
    made = settled(deal(line()), "lock_date", "date_today", books=locked)
    assert (made.date, made.due_date) == (TODAY, date(2026, 7, 24))
    assert plan(deal(line(), closed_on=date(2026, 7, 2)), books=locked).date == date(2026, 7, 2)
    shut = replace(BOOKS, organisation=replace(BOOKS.organisation, locked_until=TODAY))
    assert choices(only(plan(deal(line()), books=shut), "lock_date")) == ["retry", "ignore"]


@pytest.mark.parametrize("says", ["tax inclusive", "no tax"])
def test_a_deal_whose_own_word_on_tax_is_not_the_mappings_is_asked_about(says: str) -> None:
    otherwise = deal(line(), amounts_are=says)
    question = only(plan(otherwise), "amounts_unclear")
    assert (question.facts["the deal says"], question.facts["the mapping says"]) == (says, "tax exclusive")
    assert settled(otherwise, "amounts_unclear", "as_mapped").amounts_are == "tax exclusive"
    assert isinstance(settled(otherwise, "amounts_unclear", "ignore"), Skip)


def test_a_deal_that_says_the_same_as_the_mapping_or_nothing_is_not_asked_about() -> None:
    assert plan(deal(line(), amounts_are="tax exclusive")) == plan(deal(line()))


def test_a_deal_to_be_billed_in_parts_is_asked_about_and_may_be_billed_at_once() -> None:
    in_parts = deal(line(), instalments=3)
    assert only(plan(in_parts), "instalments").facts["instalments"] == "3"
    assert settled(in_parts, "instalments", "in_full") == plan(deal(line()))
