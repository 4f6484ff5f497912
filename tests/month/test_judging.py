"""Held: which class a deal belongs to, case by case; what is settled, mended, asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.case import Asked, Case, Intent, Untold, Verdict
from domain.deals import fingerprint
from domain.reconciliation import judge
from domain.records import CustomerRef, Deal, Invoice, InvoiceLine, InvoicePlan, LineItem, PlannedLine

DAY = date(2026, 10, 5)
LINE = LineItem("1", "Work", Decimal(1), Decimal(100))
DEAL = Deal(
    "17", "Job", "p", "s", Decimal(100), "AUD", DAY, won=True, lines=(LINE,), customer=CustomerRef("company", "5")
)
PLANNED = PlannedLine("Work", Decimal(1), Decimal(100), "200", "OUTPUT", Decimal(100), Decimal(10))
PLAN = InvoicePlan(
    "17",
    "full",
    DAY,
    DAY,
    "AUD",
    "tax exclusive",
    "Job",
    (PLANNED,),
    subtotal=Decimal(100),
    total_tax=Decimal(10),
    total=Decimal(110),
)
MADE = InvoiceLine("Work", Decimal(1), Decimal(100), "200", "OUTPUT", Decimal(100), Decimal(10))
INVOICE = Invoice(
    "i1",
    "INV-1",
    "AUTHORISED",
    "c1",
    DAY,
    DAY,
    "AUD",
    "tax exclusive",
    subtotal=Decimal(100),
    total_tax=Decimal(10),
    total=Decimal(110),
    due=Decimal(110),
    paid=Decimal(0),
    credited=Decimal(0),
    lines=(MADE,),
)
INTENT = Intent("e1", "posted", "i1", PLAN, billed=fingerprint(DEAL), amount="$100.00")
AGREED = Case("17", DEAL, triggered=True, intents=(INTENT,), invoices=(INVOICE,))
BARE = Case("17", DEAL, triggered=True)


def verdict(case: Case = AGREED, **more: Any) -> Verdict:
    return judge(replace(case, **more))


def invoice(**more: Any) -> tuple[Invoice, ...]:
    return (replace(INVOICE, **more),)


def answered(case: Case, choice: str = "leave") -> Verdict:
    """The verdict once its question is answered."""
    question = judge(case).question
    assert question is not None
    return judge(replace(case, answers={question.identity: choice}))


def test_a_deal_whose_invoice_is_what_was_planned_agrees() -> None:
    assert verdict() == Verdict("agreed", settled=True)


@pytest.mark.parametrize("state", ["planned", "sending", "unknown", "chosen"])
def test_an_invoice_under_way_is_not_there_yet_and_nothing_is_mended(state: str) -> None:
    found = verdict(BARE, intents=(replace(INTENT, state=state, xero_id=""),))
    assert (found.name, found.settled, found.mend) == ("not invoiced", False, "")
    assert "being made" in found.why


@pytest.mark.parametrize(
    ("more", "settled", "mend"),
    [
        ({"seen": False}, False, "notice"),
        ({"seen": True}, False, "notice"),
        ({"pending": True}, False, ""),
        ({"skipped": "There is nothing to invoice."}, True, ""),
        ({"triggered": False}, True, ""),
        ({"began": False, "seen": False}, True, ""),
        ({"intents": (replace(INTENT, state="held", xero_id=""),)}, True, ""),
    ],
)
def test_why_a_deal_is_not_invoiced(more: dict[str, Any], *, settled: bool, mend: str) -> None:
    found = verdict(BARE, **more)
    assert (found.name, found.settled, found.mend) == ("not invoiced", settled, mend)
    assert found.why.endswith(".")


def test_a_question_comes_before_what_else_keeps_a_deal_from_being_invoiced() -> None:
    asked = (Asked(9, "no_lines", DAY), Asked(3, "product_unmapped", DAY))
    found = verdict(BARE, asked=asked, skipped="Something of long ago.")
    assert (found.name, found.settled) == ("waiting in review", False)
    assert found.why == "Question 3, product unmapped, is open."


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_an_invoice_that_was_taken_back_is_asked_about(status: str) -> None:
    case = replace(AGREED, invoices=invoice(status=status))
    found = judge(case)
    assert (found.name, found.question.kind if found.question else "") == ("not invoiced", "voided_by_person")
    assert answered(case).settled


def test_a_changed_deal_is_told_before_its_figures_are_compared() -> None:
    case = replace(AGREED, deal=replace(DEAL, amount=Decimal(150)), invoices=invoice(subtotal=Decimal(1)))
    found = judge(case)
    assert found.name == "changed after approval"
    assert found.where == ("deal: $100.00 when invoiced, $150.00 now",)
    assert answered(case).settled


def test_an_amount_that_differs_says_where_to_the_cent() -> None:
    line = replace(MADE, line_amount=Decimal("100.01"), tax_amount=Decimal("10.00"))
    case = replace(AGREED, invoices=invoice(subtotal=Decimal("100.01"), lines=(line,)))
    found = judge(case)
    assert found.name == "amount differs"
    assert found.where == (
        "subtotal: $100.00 planned, $100.01 in Xero ($0.01)",
        "line 1: $100.00 planned, $100.01 in Xero ($0.01)",
    )
    assert answered(case).settled


def test_prices_with_gst_inside_are_compared_by_the_total() -> None:
    plan = replace(PLAN, amounts_are="tax inclusive", subtotal=Decimal(100), total=Decimal(110))
    intents = (replace(INTENT, plan=plan),)
    assert verdict(intents=intents, invoices=invoice(total=Decimal(120))).name == "amount differs"
    moved = invoice(subtotal=Decimal(110), total_tax=Decimal(0), lines=(replace(MADE, tax_type="EXEMPTOUTPUT"),))
    assert verdict(intents=intents, invoices=moved).name == "GST differs"


@pytest.mark.parametrize(
    "more",
    [
        {"lines": (MADE, MADE)},
        {"currency": "USD"},
        {"lines": (replace(MADE, line_amount=Decimal(90)), replace(MADE, line_amount=Decimal(10)))},
    ],
)
def test_other_lines_or_another_currency_are_another_amount(more: dict[str, Any]) -> None:
    assert verdict(invoices=invoice(**more)).name == "amount differs"


def test_another_tax_type_is_another_gst_even_at_the_same_rate() -> None:
    found = verdict(invoices=invoice(lines=(replace(MADE, tax_type="TAX001"),)))
    assert (found.name, found.where) == ("GST differs", ("line 1 tax: OUTPUT planned, TAX001 in Xero",))


def test_what_a_person_accepted_agrees() -> None:
    accepted = (replace(INTENT, accepted=True),)
    assert verdict(intents=accepted, invoices=invoice(subtotal=Decimal(90))).name == "agreed"


def test_another_account_alone_is_the_bookkeepers_own_business() -> None:
    assert verdict(invoices=invoice(lines=(replace(MADE, account_code="260"),))).name == "agreed"


def test_an_invoice_that_was_tied_to_a_deal_is_held_against_the_deals_own_amount() -> None:
    tied = replace(AGREED, intents=(), rates={"OUTPUT": Decimal(10)})
    assert judge(tied).name == "agreed"
    assert verdict(tied, deal=replace(DEAL, amount=Decimal(110))).name == "agreed"
    assert verdict(tied, deal=replace(DEAL, amount=Decimal("100.01"))).name == "agreed"
    assert verdict(tied, deal=replace(DEAL, amount=Decimal(105))).name == "amount differs"
    overridden = invoice(lines=(replace(MADE, tax_amount=Decimal(9)),))
    found = verdict(tied, invoices=overridden)
    assert (found.name, found.where) == ("GST differs", ("line 1 GST: $10.00 by its rate, $9.00 in Xero (-$1.00)",))


def test_a_deal_that_does_not_say_what_it_was_told_is_told_again() -> None:
    found = verdict(untold=Untold({"xero_amount_due": ("", "110.00")}))
    assert (found.name, found.mend, found.settled) == ("paid state differs", "tell", False)
    assert found.where == ("xero_amount_due: the deal says nothing, Xero 110.00",)


def test_a_stage_that_the_rules_would_not_move_is_a_question() -> None:
    case = replace(AGREED, untold=Untold(stage="stage: the deal stands in Paid"))
    assert (judge(case).mend, answered(case).settled) == ("", True)
    assert verdict(untold=Untold(stage="x", may_move=True)).mend == "tell"


def test_what_the_crm_refused_is_not_tried_behind_its_question() -> None:
    asked = (Asked(4, "write_back_refused", DAY),)
    found = verdict(untold=Untold({"xero_total": ("", "110.00")}), asked=asked)
    assert (found.name, found.mend, found.question) == ("paid state differs", "", None)


@pytest.mark.parametrize(
    ("deal", "kind"),
    [
        (None, "deal_deleted"),
        (replace(DEAL, archived=True), "deal_deleted"),
        (replace(DEAL, won=False), "deal_unwon"),
    ],
)
def test_an_invoice_without_a_won_deal_is_asked_about_as_the_flows_ask(deal: Deal | None, kind: str) -> None:
    case = replace(AGREED, deal=deal, triggered=False)
    found = judge(case)
    assert (found.name, found.question.kind if found.question else "") == ("invoiced without a won deal", kind)
    assert answered(case).settled
    assert verdict(case, invoices=invoice(status="VOIDED")).settled


def test_a_further_invoice_is_a_suspicion_until_somebody_says_that_both_are_right() -> None:
    extra = replace(INVOICE, id="i2", number="INV-2")
    case = replace(AGREED, others=(extra,))
    assert (judge(case).name, judge(case).about) == ("duplicate suspected", "i1")
    assert answered(case).name == "agreed"
    assert verdict(others=(replace(extra, status="VOIDED"),)).name == "agreed"
    assert verdict(look_alikes=(extra,)).name == "duplicate suspected"


def test_an_invoice_made_by_hand_is_no_double_where_the_deal_is_left_to_people() -> None:
    by_hand = replace(INVOICE, id="i2", number="INV-2")
    assert verdict(BARE, look_alikes=(by_hand,)).name == "duplicate suspected"
    for more in ({"triggered": False}, {"skipped": "A person chose so."}, {"began": False}):
        assert verdict(BARE, look_alikes=(by_hand,), **more).name == "not invoiced"
