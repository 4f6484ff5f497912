"""Several invoices of one deal: each by its own stage or day, the last takes the rest, the deal shows them all."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stages.restored import was_restored
from tests.support.house import House
from tests.support.rules import before, entry, telling
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
FINAL = ("create: authorised\n", "create: authorised\n    milestone: final\n    takes: the rest\n")
DEPOSIT = "Appointment scheduled"


def deposit(*takes: str, stage: str = DEPOSIT, create: str = "authorised") -> tuple[tuple[str, str], ...]:
    return (FINAL, before(entry(stage, create, "milestone: deposit", *(takes or ("takes: 30%",)))))


def proposed(house: House, *lines: dict[str, Any], **deal: Any) -> str:
    """A deal that was proposed, and a run after it; a licence unless lines are given."""
    made = proposal(house, *lines, **deal)
    house.work()
    return made


def proposal(house: House, *lines: dict[str, Any], **deal: Any) -> str:
    """The same, and nobody has looked at it yet."""
    told = {"pipeline": "New business", "stage": DEPOSIT, "company": bellbird(house), **deal}
    return house.sales.double.people.add_deal("Job", lines=list(lines) or [{"product": "LICENCE"}], **told)


def bellbird(house: House) -> str:
    return house.company.companies["bellbird"]


def totals(house: House, deal: str) -> list[tuple[str, Decimal]]:
    return [(i["Status"], i["Total"]) for i in house.invoices_of(deal)]


@EVERY
def test_a_deposit_comes_with_its_stage_and_the_last_takes_the_rest(crm: str) -> None:
    house = House(*deposit(), crm=crm)
    house.edit_mapping(telling(house, "billed", "outstanding", "due date"))
    deal = proposed(house)
    assert totals(house, deal) == [("AUTHORISED", Decimal("376.20"))]
    first = house.invoice(deal)
    assert first["LineItems"][0]["Description"].startswith("Deposit, 30%: ")
    assert (house.told(deal)["billed"], house.told(deal)["outstanding"]) in {("30.00", "1254.00"), ("30", "1254")}
    house.clock.advance(timedelta(days=3).total_seconds())
    house.xero.people.pay(first["InvoiceID"])
    house.work()
    assert (house.told(deal)["invoice_status"], house.told(deal)["due_date"]) == ("Part paid", "2026-12-09")

    house.sales.win(deal)
    house.work()
    assert [total for _, total in totals(house, deal)] == [Decimal("376.20"), Decimal("877.80")]
    told = house.told(deal)
    assert told["invoice_number"] == ", ".join(i["InvoiceNumber"] for i in house.invoices_of(deal))
    assert (Decimal(told["billed"]), Decimal(told["outstanding"])) == (100, Decimal("877.80"))
    assert told["due_date"] == house.invoices_of(deal)[1]["DueDateString"][:10] > "2026-12-09"
    assert house.stage(deal) == "Closed won"
    house.xero.people.pay(house.invoices_of(deal)[1]["InvoiceID"])
    house.work()
    assert (house.told(deal)["invoice_status"], house.stage(deal)) == ("Paid", "Paid")
    assert not house.questions()


def test_the_last_counts_what_the_deal_is_by_then_and_the_deposit_asks_nothing() -> None:
    house = House(*deposit())
    deal = proposed(house)
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}, {"product": "TRAVEL"}])
    house.work()
    assert not house.questions()
    house.sales.win(deal)
    house.work()
    assert sum(total for _, total in totals(house, deal)) == Decimal("2728.00")
    house.work()
    assert not house.questions()


def test_a_deposit_of_whose_approval_nothing_was_heard_counts_as_what_was_sent() -> None:
    house = House(*deposit(), watch=False)
    house.break_xero("POST /Invoices", "lose answer")
    deal = proposal(house)
    house.struggle()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.sales.win(deal)
    for minutes in (1, 30, 60):
        house.work(minutes=minutes)
    assert [total for _, total in totals(house, deal)] == [Decimal("376.20"), Decimal("2131.80")]


def test_drafts_of_milestones_follow_the_deal_and_what_takes_the_rest_follows_them() -> None:
    house = House(*deposit(create="draft"))
    deal = proposed(house)
    house.sales.win(deal)
    house.work()
    house.hubspot.people.set_lines(deal, [{"product": "TRAVEL"}])
    house.work()
    drafts = totals(house, deal)
    assert drafts[0] == ("DRAFT", Decimal("66.00"))
    assert house.questions()[0].kind == "deal_changed"


def test_a_draft_of_the_rest_follows_the_deal_with_what_the_deposit_took_off_it() -> None:
    house = House(*deposit())
    house.edit_mapping(("create: authorised\n    milestone: final", "create: draft\n    milestone: final"))
    deal = proposed(house, {"product": "LICENCE"}, {"product": "TRAVEL", "discount_percent": 50})
    house.sales.win(deal)
    house.work()
    for line in ({"product": "LICENCE", "quantity": 2}, {"product": "LICENCE", "quantity": 3, "discount_percent": 10}):
        house.hubspot.people.set_lines(deal, [line])
        house.work()
        assert not house.questions()
    assert sum(total for _, total in totals(house, deal)) == Decimal("3385.80")


def test_a_deal_won_at_once_has_no_deposit_and_one_invoice() -> None:
    house = House(*deposit())
    house.edit_mapping(telling(house, "billed", "outstanding"))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    assert totals(house, deal) == [("AUTHORISED", Decimal("1254.00"))]
    assert (house.told(deal)["billed"], house.told(deal)["outstanding"]) == ("100.00", "1254.00")


def test_what_takes_the_rest_waits_where_people_changed_what_an_approved_deposit_comes_to() -> None:
    house = House(*deposit())
    deal = proposed(house)
    lines = [{"Description": "Deposit", "Quantity": 1, "UnitAmount": 400, "AccountCode": "210", "TaxType": "OUTPUT"}]
    house.xero.people.edit_invoice(house.invoice(deal)["InvoiceID"], LineItems=lines)
    house.work()
    house.sales.win(deal)
    house.work()
    item = house.asked("milestone_edited")
    assert [total for _, total in totals(house, deal)] == [Decimal("440.00")]
    house.answer(item, "as_made")
    house.work()
    assert [total for _, total in totals(house, deal)] == [Decimal("440.00"), Decimal("877.80")]


def test_a_deposit_that_could_not_be_sent_before_the_deal_was_won_is_in_the_last_invoice() -> None:
    house = House(*deposit())
    house.work()
    house.break_xero("PUT /Invoices", "refuse connection", times=9)
    deal = proposal(house)
    house.struggle()
    house.sales.win(deal)
    house.xero.faults.clear()
    for minutes in (1, 30, 60):
        house.work(minutes=minutes)
    assert totals(house, deal) == [("AUTHORISED", Decimal("1254.00"))]


@pytest.mark.parametrize("heard", [True, False])
def test_a_deal_that_was_invoiced_whole_and_goes_back_gets_no_deposit_on_top(*, heard: bool) -> None:
    house = House(*deposit(), watch=False)
    deal = house.sell({"product": "LICENCE"})
    if not heard:
        house.break_xero("POST /Invoices", "lose answer")
    house.struggle()
    house.sales.unwin(deal)
    house.work()
    assert house.asked("deal_unwon").subject == f"deal:{deal}"
    assert totals(house, deal) == [("AUTHORISED", Decimal("1254.00"))]
    house.answer(house.asked("deal_unwon"), "void")
    for _ in range(3):
        house.work()
    assert [total for status, total in totals(house, deal) if status == "AUTHORISED"] == [Decimal("376.20")]


@pytest.mark.parametrize(
    ("crm", "takes", "first"),
    [
        *((crm, 'takes products: ["TRAVEL"]', "220.00") for crm in sorted(SALES)),
        *((crm, "takes: 500.00", "541.91") for crm in sorted(SALES)),
        ("hubspot", "takes: 12.5%", "184.25"),
    ],
)
def test_a_milestone_takes_an_amount_a_percentage_or_products(crm: str, takes: str, first: str) -> None:
    house = House(*deposit(takes), crm=crm, watch=False)
    deal = proposed(house, {"product": "LICENCE"}, {"product": "TRAVEL"})
    house.sales.win(deal)
    house.work()
    (_, one), (_, rest) = totals(house, deal)
    assert (one, one + rest) == (Decimal(first), Decimal("1474.00"))


@pytest.mark.parametrize(
    ("crm", "field", "day"),
    [
        ("hubspot", "closedate", "2026-11-26T14:00:00Z"),
        ("pipedrive", "Delivery", "2026-11-27"),
        ("salesforce", "CloseDate", "2026-11-27"),
    ],
)
def test_a_milestone_waits_for_its_day_as_the_organisation_counts_it(crm: str, field: str, day: str) -> None:
    house = House(*deposit("takes: 30%", f"from day: {field}"), crm=crm, watch=False)
    if crm == "pipedrive":
        house.world.pipedrive.people.add_field("deal", field, "date")
    deal = proposed(house, **{field: day})
    assert not house.invoices_of(deal)
    house.work(minutes=24 * 60)
    house.work()
    assert not house.invoices_of(deal)
    house.clock.advance(timedelta(days=1).total_seconds())
    house.work()
    house.work()
    assert totals(house, deal) == [("AUTHORISED", Decimal("376.20"))]


@pytest.mark.parametrize("kind", ["lose answer", "500 after", "refuse connection"])
def test_whatever_befalls_a_call_there_is_one_invoice_of_each_milestone(kind: Any) -> None:
    house = House(*deposit())
    deal = proposed(house)
    house.break_xero("PUT /Invoices", kind)
    house.break_xero("POST /Invoices", kind)
    house.sales.win(deal)
    house.struggle()
    house.recover()
    assert [total for _, total in totals(house, deal)] == [Decimal("376.20"), Decimal("877.80")]
    assert {i["InvoiceID"] for i in house.invoices_of(deal)} <= set(house.approvals())
    assert not house.questions()


def test_a_deal_called_off_is_asked_about_for_each_of_its_invoices() -> None:
    house = House(*deposit())
    deal = proposed(house)
    house.sales.win(deal)
    house.work()
    house.sales.lose(deal)
    house.work()
    asked = house.questions()
    assert {item.kind for item in asked} == {"deal_unwon"}
    assert {json.loads(item.facts)["invoice"] for item in asked} == {
        i["InvoiceNumber"] for i in house.invoices_of(deal)
    }
    for item in asked:
        house.answer(item, "void")
    house.work()
    assert [status for status, _ in totals(house, deal)] == ["VOIDED", "VOIDED"]
    assert not house.questions()


def test_a_restored_ledger_makes_no_milestone_twice() -> None:
    house = House(*deposit())
    copy = house.twin().ledger
    deal = proposed(house)
    house.ledger = copy
    was_restored(house.ledger, house.pair, 1)
    house.recover()
    house.recover()
    assert totals(house, deal) == [("AUTHORISED", Decimal("376.20"))]
