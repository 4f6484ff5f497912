"""One deal and several payers: each gets an invoice of its share, the deal shows them all, and nobody pays by guess."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from domain.period import read_month
from ledger.tables import ReviewItem
from stages.preview import previews, read
from stages.reconcile import reconcile
from stages.rehearsal import rehearse
from tests.support.house import House
from tests.support.rules import before, entry
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
REST = ("create: authorised\n", "create: authorised\n    milestone: customer\n    takes: the rest\n")
FIELDS = {"hubspot": "insurer", "pipedrive": "insurer", "salesforce": "Insurer__c"}
SHARES = {"hubspot": "share", "pipedrive": "share", "salesforce": "Share__c"}


def split(payer: str, takes: str = "takes: 60%") -> tuple[tuple[str, str], ...]:
    return REST, before(entry("Closed won", "authorised", "milestone: insurer", takes, f"payer: {payer}"))


def insured(crm: str = "hubspot", *, shares: bool = False) -> House:
    """Deals name their insurer in a field of their own; with ``shares`` its share in another."""
    house = House(*split(FIELDS[crm], f"takes field: {SHARES[crm]}" if shares else "takes: 60%"), crm=crm)
    people: Any = house.sales.double.people
    for name in ("Insurer", "Share"):
        if crm == "hubspot":
            people.add_property("deal", name.lower(), name)
        else:
            people.add_field("deal", name)
    return house


def field(house: House, called: str = "Insurer") -> str:
    """A field's own key."""
    if house.crm != "pipedrive":
        return called.lower() if house.crm == "hubspot" else f"{called}__c"
    fields = house.world.pipedrive.account.fields["deals"]
    return next(code for code, row in fields.items() if row["field_name"] == called)


def sold(house: House, insurer: str = "yarra", **more: Any) -> str:
    told = {field(house): house.company.companies.get(insurer, insurer)} if insurer else {}
    return house.sell({"product": "LICENCE"}, **told, **more)


def shares(house: House, deal: str) -> dict[str, Decimal]:
    """What each payer was invoiced."""
    named = {i["Contact"]["ContactID"]: i["Total"] for i in house.invoices_of(deal) if i["Status"] == "AUTHORISED"}
    return {house.xero.contacts[contact]["Name"]: total for contact, total in named.items()}


INSURER = "Yarra Bend Allied Health Pty Ltd"
HALVES = {INSURER: Decimal("752.40"), "Bellbird Cafe": Decimal("501.60")}


@EVERY
def test_each_payer_gets_its_share_and_the_deal_shows_them_all(crm: str) -> None:
    house = insured(crm)
    deal = sold(house)
    house.work()
    assert shares(house, deal) == HALVES
    told = house.told(deal)
    assert told["invoice_number"] == ", ".join(i["InvoiceNumber"] for i in house.invoices_of(deal))
    assert (Decimal(told["total"]), Decimal(told["amount_due"])) == (Decimal("1254.00"), Decimal("1254.00"))

    first, second = house.invoices_of(deal)
    payment = house.xero.people.pay(first["InvoiceID"])
    house.work()
    assert (Decimal(house.told(deal)["amount_due"]), house.stage(deal)) == (second["AmountDue"], "Closed won")
    house.xero.people.pay(second["InvoiceID"])
    house.work()
    assert house.stage(deal) == "Paid"
    house.xero.people.remove_payment(payment)
    house.work()
    assert (Decimal(house.told(deal)["amount_due"]), house.stage(deal)) == (first["Total"], "Closed won")
    assert not house.questions()


@EVERY
@pytest.mark.parametrize("says", ["", "Yarra Bend", "999999"])
def test_a_payer_nobody_knows_is_asked_about_and_nobody_pays_in_its_place(crm: str, says: str) -> None:
    house = insured(crm)
    deal = sold(house, says)
    house.work()
    assert house.asked("customer_missing" if says.isdigit() else "payer_missing")
    assert not house.invoices_of(deal)
    house.sales.double.people.edit("deal", deal, **{field(house): house.company.companies["yarra"]})
    house.work()
    assert shares(house, deal) == HALVES
    assert not house.questions()


@pytest.mark.parametrize("kind", ["lose answer", "500 after", "refuse connection"])
def test_whatever_befalls_a_call_each_payer_gets_one_invoice(kind: Any) -> None:
    house = insured()
    deal = sold(house)
    house.break_xero("PUT /Invoices", kind)
    house.break_xero("POST /Invoices", kind)
    house.struggle()
    house.recover()
    assert shares(house, deal) == HALVES
    assert len(house.approvals()) == 2
    assert not house.questions()


@EVERY
def test_a_payer_the_mapping_names_itself_is_looked_up_like_any_customer(crm: str) -> None:
    house = House(*split("5"), crm=crm, watch=False)
    house.edit_mapping(("payer: 5", f"payer: {house.company.companies['surf']}"))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    assert shares(house, deal)["Northern Rivers Surf Co-operative Ltd"] == Decimal("752.40")


@EVERY
def test_a_deal_that_names_another_payer_after_approval_asks(crm: str) -> None:
    house = insured(crm)
    deal = sold(house)
    house.work()
    house.sales.double.people.edit("deal", deal, **{field(house): house.company.companies["surf"]})
    house.work()
    house.answer(house.asked("deal_changed"), "void_and_new")
    house.work()
    assert shares(house, deal)["Northern Rivers Surf Co-operative Ltd"] == Decimal("752.40")
    assert sum(shares(house, deal).values()) == Decimal("1254.00")


def test_another_payer_whom_xero_knows_twice_is_asked_about_before_anything_is_undone() -> None:
    house = insured()
    deal = sold(house)
    house.work()
    before = shares(house, deal)
    house.sales.double.people.edit("deal", deal, **{field(house): house.company.companies["meridian"]})
    house.work()
    house.answer(house.asked("deal_changed"), "void_and_new")
    house.work()
    assert house.asked("customer_unclear")
    assert shares(house, deal) == before


def test_a_deal_called_off_is_asked_about_for_each_payer() -> None:
    house = insured()
    deal = sold(house)
    house.work()
    house.sales.lose(deal)
    house.work()
    asked = {json.loads(item.facts)["invoice"] for item in house.questions() if item.kind == "deal_unwon"}
    assert asked == {i["InvoiceNumber"] for i in house.invoices_of(deal)}


def test_rehearsal_and_preview_show_what_each_payer_would_get() -> None:
    house = insured()
    deal = sold(house)
    house.clock.advance(60)
    [rehearsed] = [each for each in rehearse(house.open()) if each.deal.id == deal]
    assert [plan.total for plan in rehearsed.invoices] == [Decimal("752.40"), Decimal("501.60")]
    pair = house.open()
    [shown] = previews(pair, read(pair, [deal]), {})
    assert [plan.total for plan in shown.invoices] == [Decimal("752.40"), Decimal("501.60")]
    assert shown.customer == "Yarra Bend Allied Health Pty Ltd, Bellbird Cafe"


@pytest.mark.parametrize(
    ("says", "first"), [("60", "752.40"), ("60 %", "752.40"), ("33.3", "417.58"), ("100", "1254.00")]
)
def test_the_share_may_stand_in_the_deal(says: str, first: str) -> None:
    house = insured(shares=True)
    deal = sold(house, share=says)
    house.work()
    totals = [i["Total"] for i in house.invoices_of(deal)]
    assert (totals[0], sum(totals)) == (Decimal(first), Decimal("1254.00"))


@pytest.mark.parametrize(("price", "whole"), [("0.04", "0.08"), ("0.05", "0.12")])
def test_who_pays_all_of_it_pays_the_deals_own_cents_and_the_other_none(price: str, whole: str) -> None:
    house = insured(shares=True)
    told = {field(house): house.company.companies["yarra"], "share": "100"}
    deal = house.sell(*[{"product": "CONSULT-BRAND", "price": price}] * 2, **told)
    house.work()
    assert [i["Total"] for i in house.invoices_of(deal)] == [Decimal(whole)]
    assert not house.questions()


def test_a_share_that_becomes_all_of_it_takes_the_other_draft_back() -> None:
    house = House(*split("insurer", "takes field: share"), ("create: authorised\n", "create: draft\n"))
    for name in ("insurer", "share"):
        house.hubspot.people.add_property("deal", name, name)
    deal = sold(house, share="60")
    house.work()
    house.hubspot.people.edit("deal", deal, share="100")
    house.work()
    house.work()
    assert [i["Total"] for i in house.invoices_of(deal)] == [Decimal("1254.00")]
    assert house.told(deal)["total"] == "1254.00"
    assert not house.questions()


def test_when_both_drafts_are_gone_the_deal_is_told_so_once() -> None:
    house = insured()
    house.edit_mapping(("create: authorised\n", "create: draft\n"))
    deal = sold(house)
    house.work()
    house.sales.lose(deal)
    for _ in range(3):
        house.work()
    said = house.told(deal)
    assert said["invoice_status"] == "Deleted"
    for invoice in house.xero.invoices.values():
        house.clock.advance(60)
        with house.xero.acting("touch") as books:
            books.keep_invoice(invoice.but(Reference="Touched"))
        house.work()
        assert house.told(deal) == said


@pytest.mark.parametrize("says", ["", "0.6", "120", "most of it"])
def test_a_share_that_is_not_certain_is_asked_about(says: str) -> None:
    house = insured(shares=True)
    deal = sold(house, share=says)
    house.work()
    house.asked("share_unclear")
    assert not house.invoices_of(deal)
    house.hubspot.people.edit("deal", deal, share="60")
    house.work()
    assert shares(house, deal) == HALVES
    assert not house.questions()


@EVERY
def test_a_share_edited_after_approval_asks_each_payer_in_turn_and_the_whole_stays_the_whole(crm: str) -> None:
    house = insured(crm, shares=True)
    deal = sold(house, **{field(house, "Share"): "60"})
    house.work()
    assert shares(house, deal) == HALVES
    edit_share(house, deal, "60 %")
    assert not house.questions()

    number = {i["Total"]: i["InvoiceNumber"] for i in house.invoices_of(deal)}
    edit_share(house, deal, "70")
    item = house.asked("deal_changed")
    assert told_of(item) == (number[Decimal("752.40")], "$752.40", "$877.80", "$125.40")
    house.answer(item, "adjust")
    house.work()
    item = house.asked("deal_changed")
    assert told_of(item) == (number[Decimal("501.60")], "$501.60", "$376.20", "-$125.40")
    house.answer(item, "adjust")
    for _ in range(3):
        house.work()
    assert {i["Total"] for i in house.invoices_of(deal)} == {*HALVES.values(), Decimal("125.40")}
    assert [note["Total"] for note in house.xero.credit_notes.values()] == [Decimal("125.40")]
    assert Decimal(house.told(deal)["amount_due"]) == Decimal("1254.00")
    assert not house.questions()


@pytest.mark.parametrize("answer", ["adjust", "void_and_new"])
def test_a_payer_of_all_of_it_is_asked_when_the_deal_grows_and_nobody_pays_in_its_place(answer: str) -> None:
    house = insured(shares=True)
    deal = sold(house, share="100")
    house.work()
    double(house, deal)
    item = house.asked("deal_changed")
    assert told_of(item)[1:] == ("$1,254.00", "$2,508.00", "$1,254.00")
    assert len(house.approvals()) == 1
    house.answer(item, answer)
    for _ in range(3):
        house.work()
    assert shares(house, deal).keys() == {INSURER}
    assert Decimal(house.told(deal)["amount_due"]) == Decimal("2508.00")
    assert not house.questions()


@pytest.mark.parametrize("answer", ["adjust", "void_and_new", "credit_and_new"])
def test_the_rest_is_not_invoiced_until_it_is_settled_what_the_first_payer_takes(answer: str) -> None:
    house = insured(shares=True)
    deal = sold(house, company="meridian", share="60")
    house.work()
    house.answer(house.asked("customer_unclear"), f"use:{house.company.contacts['Meridian Partners']}")
    double(house, deal)
    assert shares(house, deal) == {INSURER: HALVES[INSURER]}
    house.answer(house.asked("deal_changed"), answer)
    for _ in range(3):
        house.work()
    assert shares(house, deal)["Meridian Partners"] == Decimal("1003.20")
    assert not house.questions()


def test_the_draft_of_the_rest_takes_nothing_that_the_first_payer_may_yet_take() -> None:
    house = insured(shares=True)
    house.edit_mapping(("create: authorised\n    milestone: customer", "create: draft\n    milestone: customer"))
    deal = sold(house, share="60")
    house.work()
    double(house, deal)
    item = house.asked("deal_changed")
    assert sorted(i["Total"] for i in house.invoices_of(deal)) == sorted(HALVES.values())
    house.answer(item, "adjust")
    for _ in range(3):
        house.work()
    assert [i["Total"] for i in house.invoices_of(deal) if i["Status"] == "DRAFT"] == [Decimal("1003.20")]
    assert not house.questions()


def test_a_change_that_leaves_the_first_payers_share_what_it_was_asks_about_the_rest_alone() -> None:
    house = insured(shares=True)
    deal = sold(house, share="60")
    house.work()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "description": "in other words"}])
    house.work()
    assert told_of(house.asked("deal_changed"))[1:] == ("$501.60", "$501.60", "$0.00")


def double(house: House, deal: str) -> None:
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()


def edit_share(house: House, deal: str, says: str) -> None:
    house.sales.double.people.edit("deal", deal, **{field(house, "Share"): says})
    house.work()


def told_of(item: ReviewItem) -> tuple[str, ...]:
    facts = json.loads(item.facts)
    return tuple(facts[each] for each in ("invoice", "invoiced", "would be invoiced now", "difference"))


def test_a_share_that_is_left_as_it_was_billed_leaves_the_other_payer_alone() -> None:
    house = insured(shares=True)
    deal = sold(house, share="60")
    house.work()
    edit_share(house, deal, "70")
    assert in_the_report(house) == "changed after approval"
    house.answer(house.asked("deal_changed"), "leave")
    house.work()
    assert not house.questions()
    assert shares(house, deal) == HALVES
    assert in_the_report(house) == "agreed"


def in_the_report(house: House) -> str:
    [row] = reconcile(house.open(), read_month("2026-11")).rows
    return row.name_of_class


def test_a_share_and_lines_edited_at_once_are_asked_about_one_after_the_other() -> None:
    house = insured(shares=True)
    deal = sold(house, share="60")
    house.work()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    edit_share(house, deal, "50")
    item = house.asked("deal_changed")
    assert told_of(item)[1:] == ("$752.40", "$1,254.00", "$501.60")
    house.answer(item, "credit_and_new")
    for _ in range(3):
        house.work()
    item = house.asked("deal_changed")
    assert told_of(item)[1:] == ("$501.60", "$1,254.00", "$752.40")
    house.answer(item, "void_and_new")
    for _ in range(3):
        house.work()
    assert shares(house, deal) == dict.fromkeys(HALVES, Decimal("1254.00"))
    assert not house.questions()


def test_another_percentage_or_a_field_in_the_mapping_moves_no_approved_invoice() -> None:
    house = insured()
    deal = sold(house)
    house.work()
    house.edit_mapping(("takes: 60%", "takes field: share"))
    house.sales.double.people.edit("deal", deal, share="50")
    house.work()
    assert (shares(house, deal), house.questions()) == (HALVES, [])
    house.edit_mapping(("takes field: share", "takes: 80%"))
    house.sales.double.people.edit("deal", deal, description="look again")
    house.work()
    assert (shares(house, deal), house.questions()) == (HALVES, [])
    later = sold(house)
    house.work()
    assert sorted(shares(house, later).values()) == [Decimal("250.80"), Decimal("1003.20")]


def test_a_payer_whose_share_is_more_than_the_other_payers_invoice_leaves_is_asked_about() -> None:
    house = insured(shares=True)
    deal = sold(house, share="60")
    house.work()
    insurers = next(i for i in house.invoices_of(deal) if i["Total"] == HALVES[INSURER])
    house.xero.people.void(insurers["InvoiceID"])
    house.work()
    house.work()
    house.answer(house.asked("voided_by_person"), "again")
    house.sales.double.people.edit("deal", deal, **{field(house, "Share"): "100"})
    for _ in range(3):
        house.work()
    assert json.loads(next(q for q in house.questions() if q.kind == "overbilled").facts)["left"] == "$684.00"
    assert shares(house, deal) == {"Bellbird Cafe": HALVES["Bellbird Cafe"]}
