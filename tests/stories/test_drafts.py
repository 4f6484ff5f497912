"""Until it is approved a draft is ours: the same one from proposal to win, following its deal, gone when it is lost."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.house import House
from tests.support.rules import PROPOSED, before, entry
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
LICENCE = [{"product": "LICENCE"}]


def proposed(crm: str = "hubspot") -> tuple[House, str]:
    """A deal that was proposed, with its draft of $1,254.00."""
    house = House(PROPOSED, crm=crm)
    deal = house.sales.double.people.add_deal(
        "Job",
        pipeline="New business",
        stage="Appointment scheduled",
        company=house.company.companies["bellbird"],
        lines=[{"product": "LICENCE"}],
    )
    house.work()
    assert (house.invoice(deal)["Status"], house.invoice(deal)["Total"]) == ("DRAFT", Decimal("1254.00"))
    return house, deal


def sent(house: House) -> list[dict[str, Any]]:
    """The elements of every update of an invoice by its id."""
    return [each for call in house.xero.api_calls("POST", "/Invoices") for each in json.loads(call.body)["Invoices"]]


@EVERY
def test_a_draft_of_the_proposal_is_approved_when_the_deal_is_won(crm: str) -> None:
    house, deal = proposed(crm)
    draft = house.invoice(deal)
    house.sales.win(deal)
    house.work()
    assert (house.invoice(deal)["InvoiceID"], house.invoice(deal)["Status"]) == (draft["InvoiceID"], "AUTHORISED")
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    house.work()
    assert not house.questions()


def test_a_draft_whose_deal_goes_to_a_customer_nobody_is_sure_of_is_asked_about() -> None:
    house, deal = proposed()
    house.hubspot.people.attach(deal, "company", house.company.companies["meridian"], primary=True)
    house.work()
    house.answer(house.asked("customer_unclear"), f"use:{house.company.contacts['Meridian Partners']}")
    house.work()
    assert house.customer(deal)["Name"] == "Meridian Partners"
    assert house.invoice(deal)["Status"] == "DRAFT"


@EVERY
def test_a_draft_follows_its_deal_by_its_id_and_its_lines(crm: str) -> None:
    house, deal = proposed(crm)
    draft = house.invoice(deal)
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}, {"product": "TRAVEL"}])
    house.work()
    now = house.invoice(deal)
    assert (now["InvoiceID"], now["Status"], now["Total"]) == (draft["InvoiceID"], "DRAFT", Decimal("2728.00"))
    assert now["LineItems"][0]["LineItemID"] == draft["LineItems"][0]["LineItemID"]
    assert house.told(deal)["total"] == "2728.00"

    house.sales.double.people.set_lines(deal, [{"product": "TRAVEL"}])
    house.work()
    (line,) = house.invoice(deal)["LineItems"]
    assert (line["AccountCode"], line["TaxType"]) == ("260", "EXEMPTOUTPUT")
    house.sales.win(deal)
    house.work()
    assert (house.invoice(deal)["Status"], house.invoice(deal)["Total"]) == ("AUTHORISED", Decimal("220.00"))


@EVERY
def test_a_lost_deal_takes_its_draft_along_and_one_won_after_all_gets_another(crm: str) -> None:
    house, deal = proposed(crm)
    house.sales.lose(deal)
    house.work()
    assert not house.invoices_of(deal)
    assert (house.told(deal)["invoice_status"], house.told(deal)["total"]) == ("Deleted", "0.00")

    house.sales.win(deal)
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert house.told(deal)["invoice_number"] == house.invoice(deal)["InvoiceNumber"]
    assert house.told(deal)["total"] == "1254.00"
    house.work()
    assert not house.questions()


def test_a_deal_between_two_rules_keeps_its_draft() -> None:
    house, deal = proposed()
    draft = house.invoice(deal)["InvoiceID"]
    house.hubspot.people.move(deal, "Proposal sent")
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 3}])
    house.work()
    assert (house.invoice(deal)["InvoiceID"], house.invoice(deal)["Total"]) == (draft, Decimal("3762.00"))


@pytest.mark.parametrize(
    ("crm", "told"),
    [
        ("hubspot", {"dealname": "Job for Saltmarsh", "closedate": "2026-11-20T02:00:00Z"}),
        ("pipedrive", {"title": "Job for Saltmarsh"}),
        ("salesforce", {"Name": "Job for Saltmarsh", "CloseDate": "2026-11-20"}),
    ],
)
def test_what_names_the_customer_and_the_day_is_followed_too(crm: str, told: dict[str, str]) -> None:
    house, deal = proposed(crm)
    people: Any = house.sales.double.people
    other = people.add_company("Saltmarsh Pottery Pty Ltd")
    people.detach(deal, "company", house.company.companies["bellbird"])
    people.attach(deal, "company", other, primary=True)
    people.edit("deal", deal, **told)
    house.work()
    house.work()
    invoice = house.invoice(deal)
    assert house.customer(deal)["Name"] == "Saltmarsh Pottery Pty Ltd"
    # Pipedrive keeps the day on which a deal was won, and none before.
    days = ("2026-11-25", "2026-12-09") if crm == "pipedrive" else ("2026-11-20", "2026-12-04")
    assert (invoice["DateString"][:10], invoice["DueDateString"][:10]) == days
    assert (invoice["Status"], invoice["Reference"]) == ("DRAFT", "Job for Saltmarsh")
    assert house.calls("xero").count("PUT /Invoices") == 1


def test_a_later_day_alone_changes_no_draft() -> None:
    house, deal = proposed()
    house.clock.advance(86_400)
    house.hubspot.people.edit("deal", deal, description="looked at")
    house.work()
    assert not sent(house)
    house.sales.win(deal)
    house.work()
    assert [each["Status"] for each in sent(house)][-1] == "AUTHORISED"


@pytest.mark.parametrize(("crm", "answer"), [("hubspot", "leave"), ("pipedrive", "follow"), ("salesforce", "follow")])
def test_a_draft_that_a_person_edited_is_asked_about_before_it_follows(crm: str, answer: str) -> None:
    house, deal = proposed(crm)
    invoice = house.invoice(deal)["InvoiceID"]
    house.xero.people.edit_invoice(invoice, Reference="As agreed on the phone")
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    item = house.asked("draft_edited")
    facts = json.loads(item.facts)
    assert (facts["draft now"], facts["deal now"]) == ("$1,254.00", "$2,508.00")
    assert not sent(house)

    house.answer(item, answer)
    house.work()
    house.work(minutes=60)
    assert not house.questions()
    assert house.invoice(deal)["Total"] == {"leave": Decimal("1254.00"), "follow": Decimal("2508.00")}[answer]


def test_an_edited_draft_of_a_lost_deal_is_deleted_only_if_a_person_says_so() -> None:
    house, deal = proposed()
    house.xero.people.edit_invoice(house.invoice(deal)["InvoiceID"], Reference="Keep")
    house.sales.lose(deal)
    house.work()
    item = house.asked("deal_unwon")
    assert house.invoice(deal)["Status"] == "DRAFT"
    house.answer(item, "delete")
    house.work()
    assert not house.invoices_of(deal)
    assert not house.questions()


def test_a_draft_approved_by_a_person_is_never_changed_again() -> None:
    house, deal = proposed()
    house.xero.people.approve(house.invoice(deal)["InvoiceID"])
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    item = house.asked("deal_changed")
    assert json.loads(item.facts)["difference"] == "$1,254.00"
    assert house.invoice(deal)["Total"] == Decimal("1254.00")
    assert not sent(house)


def test_what_would_be_asked_of_a_new_invoice_is_asked_before_the_draft_follows() -> None:
    house, deal = proposed()
    house.hubspot.people.set_lines(deal, [{"product": "WORKSHOP"}])
    house.work()
    house.asked("product_unmapped")
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE"}])
    house.work()
    assert not house.questions()
    assert not sent(house)


@pytest.mark.parametrize("kind", ["lose answer", "500 before", "500 after", "refuse connection"])
def test_whatever_befalls_the_writing_there_is_one_invoice_as_the_deal_is(kind: Any) -> None:
    house, deal = proposed()
    house.break_xero("POST /Invoices", kind)
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.struggle()
    house.recover()
    assert (house.invoice(deal)["Status"], house.invoice(deal)["Total"]) == ("DRAFT", Decimal("2508.00"))
    house.break_xero("POST /Invoices", kind)
    house.sales.lose(deal)
    house.struggle()
    house.recover()
    assert not house.invoices_of(deal)
    assert not house.questions()


@EVERY
def test_submitted_awaits_approval_and_follows_all_the_same(crm: str) -> None:
    house = House(before(entry("Appointment scheduled", "submitted")), crm=crm)
    deal = house.sales.double.people.add_deal(
        "Job",
        pipeline="New business",
        stage="Appointment scheduled",
        company=house.company.companies["bellbird"],
        lines=[{"product": "LICENCE"}],
    )
    house.work()
    assert house.invoice(deal)["Status"] == "SUBMITTED"
    assert house.told(deal)["invoice_status"] == "Awaiting approval"
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    assert (house.invoice(deal)["Status"], house.invoice(deal)["Total"]) == ("SUBMITTED", Decimal("2508.00"))


@EVERY
def test_no_invoice_above_the_limit_is_approved_and_its_note_says_so(crm: str) -> None:
    house = House(("create: authorised", "create: authorised\n    approve up to: 1,254.00"), crm=crm, watch=False)
    small, large = house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE", "quantity": 2})
    house.work()
    assert (house.invoice(small)["Status"], house.invoice(large)["Status"]) == ("AUTHORISED", "DRAFT")
    assert any("left as a draft" in note for note in house.notes())
    house.work()
    assert not house.questions()


@EVERY
def test_a_rule_is_for_owners_amounts_and_fields_that_it_names(crm: str) -> None:
    only = entry("Closed won", "draft", "owners: [sam lee]", "amount from: 1000.00", "amount below: 3000.00")
    house = House(before(only), ("    create: authorised", "    create: submitted"), crm=crm)
    owner = house.sales.double.people.add_owner("sam@harbourline.example", "Sam", "Lee")
    mine = house.sell({"product": "LICENCE"}, owner=owner)
    large = house.sell({"product": "LICENCE", "quantity": 3}, owner=owner)
    other = house.sell({"product": "LICENCE"})
    house.work()
    assert [house.invoice(each)["Status"] for each in (mine, large, other)] == ["DRAFT", "SUBMITTED", "SUBMITTED"]
    house.work()
    house.work()
    assert len([call for call in house.calls(crm) if "owner" in call.lower() or "/users" in call.lower()]) <= 2


def test_a_rule_may_go_by_a_field_of_the_deal() -> None:
    renewal = entry("Closed won", "draft", "only if:", "  - {field: kind_of_deal, one of: [Renewal, Upsell]}")
    house = House(before(renewal))
    house.hubspot.people.add_property("deal", "kind_of_deal", "Kind")
    first, second = house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE"})
    house.hubspot.people.edit("deal", first, kind_of_deal="renewal")
    house.work()
    assert [house.invoice(each)["Status"] for each in (first, second)] == ["DRAFT", "AUTHORISED"]


@EVERY
def test_a_field_of_the_deal_may_ask_for_the_invoice_wherever_the_deal_stands(crm: str) -> None:
    field = "Bill_now__c" if crm == "salesforce" else "bill_now"
    house = House(before(entry("any", "draft", "only if:", f"  - {{field: {field}, one of: [yes]}}")), crm=crm)
    people: Any = house.sales.double.people
    if crm == "hubspot":
        people.add_property("deal", field, "Bill now")
    code = field if crm == "hubspot" else people.add_field("deal", "Bill_now" if crm == "salesforce" else "Bill now")
    deals = [
        people.add_deal("Job", pipeline="New business", company=house.company.companies["bellbird"], lines=LICENCE)
        for _ in range(2)
    ]

    def say(word: str) -> None:
        house.clock.advance(60)
        people.edit("deal", deals[0], **({"custom_fields": {code: word}} if crm == "pipedrive" else {code: word}))
        house.work()

    house.work()
    say("Yes")
    assert [len(house.invoices_of(deal)) for deal in deals] == [1, 0]
    say("no")
    assert not house.invoices()
    say("yes")
    house.sales.lose(deals[0])
    house.work()
    assert not house.invoices()
    assert not house.questions()
