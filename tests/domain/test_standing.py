"""What becomes of an invoice that exists: by how Xero has it, what its deal asks for now, and what people said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.checking import content
from domain.deals import fingerprint
from domain.decision import Hold, Skip
from domain.records import Deal, Invoice, InvoiceLine, InvoicePlan
from domain.standing import Amend, Decision, Follow, Standing, Take, may_have_changed, plan_standing
from domain.steps import Intended, next_step
from domain.triggers import rule_for, rule_passed
from tests.support.deals import deal, line, plan, rules

DEAL = deal(line(), won=True)
PLAN: InvoicePlan = plan(DEAL, create="draft")
MORE = deal(line(quantity="2"), won=True)
MORE_PLAN: InvoicePlan = plan(MORE, create="draft")
STAGES = {"p1": "New business", "p1/s1": "Proposal", "p1/s2": "Talks", "p1/s3": "Closed won", "p1/s4": "Closed lost"}


def invoice(of: InvoicePlan = PLAN, **more: Any) -> Invoice:
    """The plan as Xero has it."""
    lines = tuple(
        InvoiceLine(x.description, x.quantity, x.unit_amount, x.account_code, x.tax_type, x.line_amount, x.tax_amount)
        for x in of.lines
    )
    made = Invoice(
        *("i", "INV-1", "DRAFT", "c", of.date, of.due_date, of.currency, of.amounts_are),
        *(of.subtotal, of.total_tax, of.total, of.total, Decimal(0), Decimal(0)),
        lines=lines,
        reference=of.reference,
    )
    return replace(made, **more)


def standing(**more: Any) -> Standing:
    made = content(invoice())
    return replace(Standing(PLAN, "c", "draft", made=made, billed=fingerprint(DEAL), amount="$100.00"), **more)


def decided(
    what: Deal, now: Invoice, would_be: Any, *, wanted: bool = True, answers: dict[str, str] | None = None, **more: Any
) -> Decision:
    return plan_standing(what, standing(**more), now, would_be, "c", answers or {}, wanted=wanted)


def asked(decision: Decision, kind: str) -> tuple[str, list[str]]:
    assert isinstance(decision, Hold)
    (question,) = decision.questions
    assert question.kind == kind
    return question.identity, [choice.id for choice in question.choices]


def test_a_draft_of_an_unchanged_deal_stays() -> None:
    assert decided(DEAL, invoice(), PLAN) is None
    assert not may_have_changed(DEAL, standing(), PLAN, "c", wanted=True)


@pytest.mark.parametrize(
    ("what", "would_be", "contact"),
    [
        (MORE, MORE_PLAN, "c"),
        (DEAL, replace(PLAN, reference="Other"), "c"),
        (DEAL, replace(PLAN, due_date=date(2027, 1, 1)), "c"),
        (DEAL, PLAN, "another"),
        (DEAL, PLAN, ""),
    ],
)
def test_a_changed_deal_is_followed_by_a_draft_nobody_edited(what: Deal, would_be: InvoicePlan, contact: str) -> None:
    assert may_have_changed(what, standing(), would_be, contact, wanted=True)
    assert plan_standing(what, standing(), invoice(), would_be, contact, {}, wanted=True) == Follow(would_be)


@pytest.mark.parametrize("edit", [{"reference": "By hand"}, {"due_date": date(2027, 1, 1)}, {"contact_id": "x"}])
def test_a_draft_that_somebody_edited_is_asked_about(edit: dict[str, Any]) -> None:
    now = invoice(**edit)
    identity, choices = asked(decided(MORE, now, MORE_PLAN), "draft_edited")
    assert choices == ["leave", "follow"]
    assert decided(MORE, now, MORE_PLAN, answers={identity: "follow"}) == Follow(MORE_PLAN)
    assert decided(MORE, now, MORE_PLAN, answers={identity: "leave"}) is None


def test_whether_somebody_edited_is_told_by_the_plan_where_our_last_word_is_not_known() -> None:
    assert decided(MORE, invoice(), MORE_PLAN, made="") == Follow(MORE_PLAN)
    asked(decided(MORE, invoice(reference="By hand"), MORE_PLAN, made=""), "draft_edited")


@pytest.mark.parametrize("goal", ["submitted", "authorised"])
def test_a_rule_that_goes_further_takes_the_draft_along(goal: str) -> None:
    further = replace(PLAN, goal=goal)
    assert decided(DEAL, invoice(), further) == Take(goal, "the deal came to the rule's stage")  # pyright: ignore[reportArgumentType]
    assert decided(DEAL, invoice(), PLAN, goal=goal) is None


def test_a_deal_that_asks_for_none_any_more_takes_its_draft_back() -> None:
    lost = replace(DEAL, won=False, lost=True)
    assert decided(lost, invoice(), None, wanted=False) == Take("deleted", "the deal asks for no invoice any more")
    assert decided(DEAL, invoice(), Skip("nothing")) == Take("deleted", "the deal asks for no invoice any more")
    identity, choices = asked(decided(lost, invoice(reference="x"), None, wanted=False), "deal_unwon")
    assert choices == ["leave", "delete"]
    answers = {identity: "delete"}
    assert decided(lost, invoice(reference="x"), None, wanted=False, answers=answers) == Take(
        "deleted", "a person said so"
    )


@pytest.mark.parametrize(
    ("money", "offered"), [({}, True), ({"paid": Decimal(1)}, False), ({"credited": Decimal(1)}, False)]
)
def test_an_approved_invoice_is_never_rewritten(money: dict[str, Any], *, offered: bool) -> None:
    approved = invoice(status="AUTHORISED", **money)
    decision = decided(MORE, approved, MORE_PLAN)
    identity, choices = asked(decision, "deal_changed")
    assert choices == ["leave", *(["void_and_new"] if offered else []), "credit_and_new", "adjust"]
    assert isinstance(decision, Hold)
    assert decision.questions[0].beside["difference"] == "$110.00"
    again = decided(MORE, approved, MORE_PLAN, answers={identity: "void_and_new"})
    assert again == Take("replaced", "a person said so") if offered else isinstance(again, Hold)
    lost = replace(DEAL, won=False)
    _, choices = asked(decided(lost, approved, None, wanted=False), "deal_unwon")
    assert choices == ["leave", *(["void"] if offered else []), "credit"]
    assert decided(MORE, approved, MORE_PLAN, answers={identity: "credit_and_new"}) == Amend("reissued")
    assert decided(MORE, approved, MORE_PLAN, answers={identity: "adjust"}) == Amend("adjusted")


def test_an_invoice_undone_by_a_person_is_made_again_only_if_they_say_so() -> None:
    voided = invoice(status="VOIDED")
    identity, choices = asked(decided(DEAL, voided, PLAN), "voided_by_person")
    assert choices == ["leave", "again"]
    assert decided(DEAL, voided, PLAN, answers={identity: "again"}) == Take("replaced", "a person said so")
    assert decided(DEAL, voided, PLAN, wanted=False) is None


@pytest.mark.parametrize(
    ("goal", "now", "step"),
    [
        ("draft", {}, "done"),
        ("submitted", {}, "submit"),
        ("submitted", {"status": "SUBMITTED"}, "done"),
        ("authorised", {}, "approve"),
        ("authorised", {"status": "PAID"}, "done"),
        ("deleted", {}, "delete"),
        ("deleted", {"status": "DELETED"}, "done"),
        ("deleted", {"status": "AUTHORISED"}, "anew"),
        ("deleted", {"reference": "By hand"}, "anew"),
        ("voided", {"status": "AUTHORISED"}, "void"),
        ("voided", {"status": "AUTHORISED", "paid": Decimal(1)}, "anew"),
        ("voided", {}, "anew"),
        ("replaced", {"status": "VOIDED"}, "done"),
    ],
)
def test_the_next_step_goes_by_how_xero_has_it(goal: str, now: dict[str, Any], step: str) -> None:
    assert next_step(Intended("deal:17", standing(goal=goal)), invoice(**now)) == step


@pytest.mark.parametrize(
    ("now", "step"),
    [
        (invoice(), "write"),
        (invoice(MORE_PLAN), "done"),
        (invoice(reference="By hand"), "anew"),
        (invoice(status="AUTHORISED"), "anew"),
    ],
)
def test_a_draft_is_written_anew_only_over_our_own_last_word(now: Invoice, step: str) -> None:
    follows = standing(plan=MORE_PLAN, carried=False)
    assert next_step(Intended("deal:17", follows), now) == step


@pytest.mark.parametrize(
    ("stage", "lost", "passed"),
    [("s0", False, False), ("s1", False, True), ("s2", False, True), ("s3", False, True), ("s4", True, False)],
)
def test_a_deal_that_went_on_from_a_rules_stage_still_goes_by_it(stage: str, *, lost: bool, passed: bool) -> None:
    chosen = rules(stage="Proposal")
    at = replace(DEAL, won=False, stage=stage, lost=lost)
    assert (rule_for(at, chosen, STAGES) is not None) == (stage == "s1")
    assert (rule_passed(at, chosen, STAGES) is not None) == passed


@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({"owners": ["sam lee"]}, True),
        ({"owners": ["7"]}, True),
        ({"owners": ["Kim"]}, False),
        ({"amount from": "100"}, True),
        ({"amount from": "100.01"}, False),
        ({"amount below": "100"}, False),
        ({"amount below": "$1,000.00"}, True),
        ({"only if": [{"field": "kind", "one of": ["new", "other"]}]}, True),
        ({"only if": [{"field": "kind", "one of": ["New"]}, {"field": "other", "one of": ["x"]}]}, False),
    ],
)
def test_a_rule_is_for_the_deals_it_names(more: dict[str, Any], *, fits: bool) -> None:
    what = replace(DEAL, owner="7", amount=Decimal(100), fields={"kind": "New "})
    chosen = rules(pipeline="p1", stage="s1", **more)
    assert (rule_for(what, chosen, {"owner/7": "Sam Lee"}) is not None) == fits


@pytest.mark.parametrize(("limit", "goal"), [("110.00", "authorised"), ("109.99", "draft")])
def test_an_invoice_above_the_limit_is_left_as_a_draft_and_says_why(limit: str, goal: str) -> None:
    made: InvoicePlan = plan(DEAL, approve_up_to=limit)
    assert made.goal == goal
    assert bool(made.notes) == (goal == "draft")
