"""What invoice a deal asks for: the rule that fits it, and figures to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decision import Skip
from domain.gst import line_amount
from domain.invoicing import product_rule
from domain.records import InvoicePlan
from domain.rules import ProductRule
from domain.triggers import rule_for
from tests.support.deals import TODAY, deal, line, plan, rules
from tests.support.gst_vectors import GST_VECTORS, Vector


@pytest.mark.parametrize(("pipeline", "stage"), [("New business", "Closed won"), ("P1", "s1"), ("new BUSINESS", "s1")])
def test_a_rule_names_pipeline_and_stage_by_label_or_id(pipeline: str, stage: str) -> None:
    labels = {"p1": "New Business", "p1/s1": "Closed Won", "p2/s1": "Lost"}
    chosen = rules(pipeline=pipeline, stage=stage)
    assert rule_for(deal(), chosen, labels) == chosen.invoices[0]
    assert rule_for(replace(deal(), stage="s2"), chosen, labels) is None
    assert rule_for(replace(deal(), pipeline="p2"), rules(stage="Closed won"), labels) is None


def test_the_first_rule_that_fits_is_used() -> None:
    chosen = rules(pipeline="p1", stage="s1")
    second = chosen.invoices[0].model_copy(update={"create": "draft"})
    both = chosen.model_copy(update={"invoices": (second, *chosen.invoices)})
    assert rule_for(deal(), both, {}) is second


def test_a_rule_may_say_won_for_any_stage_of_a_deal_that_is_won() -> None:
    labels = {"p1": "New business", "p1/s1": "Negotiation", "p2": "Renewals"}
    chosen = rules(stage="Won")
    assert rule_for(deal(won=True), chosen, labels) is chosen.invoices[0]
    assert rule_for(deal(), chosen, labels) is None
    assert rule_for(replace(deal(won=True), pipeline="p2"), chosen, labels) is None


def test_products_are_found_by_code_then_by_name_and_the_first_fit_wins() -> None:
    entries = [
        ProductRule.model_validate({"product": pattern, "account code": "1", "tax type": "t"})
        for pattern in ("consult-*", "Consulting", "a.c", "*support*")
    ]
    assert product_rule(line("CONSULT-9"), entries) is entries[0]
    assert product_rule(line("X", name="consulting"), entries) is entries[1]
    assert product_rule(line("", name="Gold Support (1 year)"), entries) is entries[3]
    assert product_rule(line("abc", name="abc"), entries) is None
    assert product_rule(line("A.C", name="abc"), entries) is entries[2]
    assert product_rule(line("", name=""), entries) is None


def test_a_won_deal_becomes_an_invoice() -> None:
    made = plan(deal(line(quantity="3", price="33.33", discount_percent=Decimal(10)), line("FREE", price="50")))
    assert isinstance(made, InvoicePlan)
    assert (made.subtotal, made.total_tax, made.total) == (Decimal("139.99"), Decimal("9.00"), Decimal("148.99"))
    assert (made.date, made.due_date) == (date(2026, 7, 1), date(2026, 7, 15))
    assert (made.currency, made.reference, made.goal, made.notes) == ("AUD", "Big deal", "authorised", ())
    first, second = made.lines
    assert (first.account_code, first.tax_type, first.line_amount, first.tax_amount) == (
        "200",
        "OUTPUT",
        Decimal("89.99"),
        Decimal("9.00"),
    )
    assert (second.tax_type, second.tax_amount) == ("EXEMPTOUTPUT", 0)


CODES = {"T": "CONSULT-1", "F": "FREE", "I": "FREE", "X": "EXPORT-1"}


def _positive(vector: Vector) -> bool:
    return all(x.unit >= 0 for x in vector.lines) and vector.total > 0


@pytest.mark.parametrize("vector", [v for v in GST_VECTORS if _positive(v)], ids=lambda v: v.id)
def test_the_invoices_worked_out_by_hand_are_planned_to_the_cent(vector: Vector) -> None:
    lines = [
        line(
            CODES[x.kind],
            str(x.quantity),
            str(x.unit),
            discount_percent=x.discount_percent,
            discount_amount=x.discount_amount,
        )
        for x in vector.lines
    ]
    made = plan(deal(*lines), amounts_are=f"tax {vector.mode}")
    assert (made.subtotal, made.total_tax, made.total) == (vector.subtotal, vector.tax, vector.total)
    assert tuple(each.line_amount for each in made.lines) == vector.line_amounts


@given(
    st.decimals("0.0001", 999, places=4),
    st.decimals("0.0001", 9999, places=4),
    st.decimals(0, 99, places=5),
)
def test_a_fine_discount_becomes_an_amount_that_leaves_the_same_line(
    quantity: Decimal, price: Decimal, percent: Decimal
) -> None:
    made = plan(deal(line(quantity=str(quantity), price=str(price), discount_percent=percent), line()))
    (first, _) = made.lines
    assert first.line_amount == line_amount(quantity, price, percent)
    assert first.line_amount == line_amount(
        first.quantity, first.unit_amount, first.discount_percent, first.discount_amount
    )
    assert not (first.discount_percent and first.discount_amount)
    assert first.discount_percent == first.discount_percent.quantize(Decimal("0.01"))
    assert first.discount_amount == first.discount_amount.quantize(Decimal("0.01"))


def test_a_line_says_what_its_description_says_or_its_name() -> None:
    made = plan(deal(line(description="Two days on site"), line(description=" ")))
    assert [each.description for each in made.lines] == ["Two days on site", "Consulting"]


def test_a_draft_stays_one() -> None:
    assert plan(deal(line()), create="draft").goal == "draft"


def test_an_export_is_never_approved_unasked() -> None:
    made = plan(deal(line("EXPORT-9"), line()))
    assert made.goal == "draft"
    assert "goods must leave Australia by 30 August 2026" in made.notes[0]


def test_gst_in_another_currency_is_pointed_out() -> None:
    made = plan(deal(line(), currency="usd"))
    assert made.currency == "USD"
    assert "GST in USD" in made.notes[0]
    assert plan(deal(line("FREE"), currency="USD")).notes == ()


def test_a_deal_without_a_currency_is_in_the_organisations() -> None:
    assert plan(deal(line(), currency="")).currency == "AUD"


@pytest.mark.parametrize(
    ("closed_on", "dated"), [(date(2026, 6, 1), date(2026, 6, 1)), (None, TODAY), (date(2027, 1, 1), TODAY)]
)
def test_an_invoice_bears_the_day_the_deal_was_closed_and_none_to_come(closed_on: date | None, dated: date) -> None:
    assert plan(deal(line(), closed_on=closed_on)).date == dated


def test_lines_that_come_to_nothing_make_no_invoice() -> None:
    outcome = plan(deal(line(discount_percent=Decimal(100))))
    assert outcome == Skip("The deal's lines come to nothing, so there is nothing to invoice.")
