"""What a deal is told about its invoice, forwards and backwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.records import Invoice
from domain.rules import WriteBackRule
from domain.write_back import WriteBackPlan, facts_for_deal, plan_write_back, status_words

RULE = WriteBackRule(
    invoice_number="number",
    invoice_link="link",
    status="status",
    total="total",
    amount_due="due",
    amount_paid="paid",
    amount_credited="credited",
    paid_on="paid_on",
)
FACTS: dict[str, Any] = {"subtotal": Decimal(1100), "total_tax": Decimal(110), "total": Decimal(1210)}
ISSUED = Invoice(
    "i1",
    "INV-0001",
    "AUTHORISED",
    "c1",
    date(2026, 7, 1),
    date(2026, 7, 15),
    "AUD",
    "tax exclusive",
    due=Decimal(1210),
    paid=Decimal(0),
    credited=Decimal(0),
    **FACTS,
)
PAID = replace(ISSUED, status="PAID", due=Decimal(0), paid=Decimal(1210), paid_on=date(2026, 7, 9))
VOIDED = replace(ISSUED, status="VOIDED", due=Decimal(0))
WON, PAID_STAGE = "won", "paid"
TODAY = date(2026, 7, 10)


def told(invoice: Invoice, before: dict[str, str] | None = None, stage: str = WON, rule: Any = RULE) -> Any:
    return plan_write_back(
        invoice, facts_for_deal(invoice, rule), before or {}, stage, {"paid": PAID_STAGE}, WON, TODAY
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "DRAFT"}, "Draft"),
        ({"status": "SUBMITTED"}, "Awaiting approval"),
        ({}, "Awaiting payment"),
        ({"paid": Decimal(1), "due": Decimal(1209)}, "Part paid"),
        ({"credited": Decimal(1), "due": Decimal(1209)}, "Part credited"),
        ({"status": "PAID", "paid": Decimal(1210)}, "Paid"),
        ({"status": "PAID", "credited": Decimal(1210)}, "Paid by credit"),
        ({"status": "PAID", "credited": Decimal(10), "paid": Decimal(1200)}, "Paid"),
        ({"status": "VOIDED"}, "Voided"),
        ({"status": "DELETED"}, "Deleted"),
        ({"status": "HAUNTED"}, "HAUNTED"),
    ],
)
def test_a_status_is_said_as_people_say_it(changes: Any, words: str) -> None:
    assert status_words(replace(ISSUED, **changes)) == words


def test_a_deal_is_told_every_fact_the_mapping_names() -> None:
    assert facts_for_deal(PAID, RULE, "!abc1") == {
        "number": "INV-0001",
        "link": "https://go.xero.com/organisationlogin/default.aspx?shortcode=!abc1"
        "&redirecturl=/AccountsReceivable/Edit.aspx?InvoiceID=i1",
        "status": "Paid",
        "total": "1210.00",
        "due": "0.00",
        "paid": "1210.00",
        "credited": "0.00",
        "paid_on": "2026-07-09",
    }
    assert facts_for_deal(ISSUED, WriteBackRule(invoice_link="url")) == {
        "url": "https://go.xero.com/AccountsReceivable/Edit.aspx?InvoiceID=i1"
    }
    assert facts_for_deal(PAID, WriteBackRule()) == {}


def test_a_voided_invoice_is_worth_nothing() -> None:
    facts = facts_for_deal(VOIDED, RULE)
    assert {facts[name] for name in ("total", "due", "paid", "credited")} == {"0.00"}
    assert (facts["number"], facts["status"]) == ("INV-0001", "Voided")


def test_only_what_differs_from_what_was_agreed_is_written() -> None:
    agreed = facts_for_deal(ISSUED, RULE)
    assert told(ISSUED, agreed) is None
    part = replace(ISSUED, paid=Decimal(200), due=Decimal(1010))
    assert told(part, agreed) == WriteBackPlan({"status": "Part paid", "due": "1010.00", "paid": "200.00"})
    assert "paid_on" not in told(ISSUED).fields


def test_a_paid_deal_moves_and_moves_back_when_the_payment_is_removed() -> None:
    agreed = facts_for_deal(ISSUED, RULE)
    forwards = told(PAID, agreed)
    assert forwards == WriteBackPlan(
        {"status": "Paid", "due": "0.00", "paid": "1210.00", "paid_on": "2026-07-09"}, PAID_STAGE
    )
    backwards = told(ISSUED, agreed | forwards.fields, PAID_STAGE)
    assert backwards == WriteBackPlan(
        {"status": "Awaiting payment", "due": "1210.00", "paid": "0.00", "paid_on": ""}, WON
    )
    assert told(VOIDED, agreed, PAID_STAGE).stage == WON


@pytest.mark.parametrize(
    ("invoice", "stage"),
    [
        (PAID, "elsewhere"),
        (ISSUED, "elsewhere"),
        (PAID, PAID_STAGE),
        (ISSUED, WON),
        (replace(PAID, total=Decimal(0), paid=Decimal(0)), WON),
        (replace(ISSUED, paid=Decimal(1209), due=Decimal(1)), WON),
    ],
)
def test_a_deal_stays_where_it_is(invoice: Invoice, stage: str) -> None:
    assert told(invoice, stage=stage).stage == ""


def test_a_mapping_without_a_paid_stage_moves_nothing() -> None:
    assert plan_write_back(PAID, {}, {}, WON, {}, WON, TODAY) is None
    assert plan_write_back(ISSUED, {}, {}, "", {}, "", TODAY) is None
    assert plan_write_back(ISSUED, {}, {}, PAID_STAGE, {"paid": PAID_STAGE}, "", TODAY) is None
