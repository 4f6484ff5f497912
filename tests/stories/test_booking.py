"""How deals are booked: accounts and tax types proven against the live books, or asked about, once for all deals."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.support.house import House, lines_of
from tests.support.sales import SALES

EXPORT_RULE = '  - {product: "EXPORT-*",'
WORKSHOP_RULE = (EXPORT_RULE, f'  - {{product: WORKSHOP, account code: "200", tax type: GST on Income}}\n{EXPORT_RULE}')


def test_each_line_goes_to_its_account_with_its_tax() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.work()
    invoice = house.invoice(deal)
    assert lines_of(invoice) == [
        ("200", "OUTPUT", Decimal("4440.00"), Decimal("444.00")),
        ("260", "EXEMPTOUTPUT", Decimal("440.00"), Decimal("0.00")),
    ]
    assert (invoice["SubTotal"], invoice["TotalTax"], invoice["Total"]) == (
        Decimal("4880.00"),
        Decimal("444.00"),
        Decimal("5324.00"),
    )
    assert (invoice["Reference"], invoice["LineAmountTypes"]) == ("Brand refresh", "Exclusive")


def test_an_unmapped_product_is_asked_about_once_and_mended_in_the_mapping() -> None:
    house = House.settled()
    waiting = [house.win("unmapped"), house.sell({"product": "WORKSHOP"}), house.sell({"product": "WORKSHOP"})]
    other = house.win("known_by_abn")
    house.work()
    item = house.asked("product_unmapped")
    assert json.loads(item.facts) == {"product": "WORKSHOP"}
    assert [i["InvoiceID"] for i in house.invoices()] == [house.invoice(other)["InvoiceID"]]

    house.work(minutes=60)
    house.asked("product_unmapped")

    house.edit_mapping(WORKSHOP_RULE)
    house.work()
    assert [house.invoice(deal)["Status"] for deal in waiting] == ["AUTHORISED"] * 3
    assert not house.questions()


def test_an_unmapped_product_is_asked_about_again_when_nothing_was_mended() -> None:
    house = House.settled()
    house.win("unmapped")
    house.work()
    first = house.asked("product_unmapped")
    house.answer(first, "retry")
    house.work()
    assert house.asked("product_unmapped").id != first.id
    assert not house.invoices()


def test_deals_of_an_ignored_product_stay_without_an_invoice_until_it_is_mapped() -> None:
    house = House.settled()
    deal = house.win("unmapped")
    house.work()
    house.answer(house.asked("product_unmapped"), "ignore")
    house.work()
    house.hubspot.people.edit("deal", deal, dealname="Team days, again")
    house.work()
    assert not house.questions()
    assert not house.invoices()
    house.edit_mapping(WORKSHOP_RULE)
    house.hubspot.people.edit("deal", deal, dealname="Team days")
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"


def test_ignore_holds_until_the_deal_changes() -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE"}, amount="1500.00")
    house.work()
    house.answer(house.asked("amount_differs"), "ignore")
    house.work()
    house.hubspot.people.edit("deal", deal, dealname="Another name, the same sums")
    house.work()
    assert not house.questions()
    assert not house.invoices()

    house.hubspot.people.edit("deal", deal, amount="1600.00")
    house.work()
    house.asked("amount_differs")
    house.hubspot.people.edit("deal", deal, amount="1140.00")
    house.work()
    assert not house.questions()
    assert house.invoice(deal)["Total"] == Decimal("1254.00")


def test_all_that_is_amiss_with_a_deal_is_asked_at_once() -> None:
    house = House.settled()
    house.sell({"product": "WORKSHOP"}, {"product": "LICENCE", "frequency": "monthly"}, {"name": "Odd", "price": 5})
    house.work()
    assert [item.kind for item in house.questions()] == ["recurring_line", "product_unmapped", "product_unmapped"]


def test_a_recurring_line_is_invoiced_for_its_first_period_when_a_person_says_so() -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE", "frequency": "annually"})
    house.work()
    house.answer(house.asked("recurring_line"), "first_period")
    house.work()
    assert house.invoice(deal)["Total"] == Decimal("1254.00")


def test_a_tax_rate_archived_in_xero_is_asked_about_and_used_once_restored() -> None:
    house = House.settled()
    house.xero.people.archive_tax_rate("EXEMPTEXPORT")
    deal = house.win("export")
    house.work()
    item = house.asked("tax_type_unavailable")
    house.xero.people.restore_tax_rate("EXEMPTEXPORT")
    house.answer(item, "retry")
    house.work()
    assert house.invoice(deal)["LineItems"][0]["TaxType"] == "EXEMPTEXPORT"
    assert not house.questions()


def test_an_account_archived_in_xero_is_asked_about() -> None:
    house = House.settled()
    house.xero.people.archive_account("210")
    deals = [house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE"})]
    house.work()
    item = house.asked("account_unavailable")
    assert not house.invoices()
    house.xero.people.restore_account("210")
    house.answer(item, "retry")
    house.work()
    assert [house.invoice(deal)["Status"] for deal in deals] == ["AUTHORISED"] * 2


def test_what_was_archived_meanwhile_holds_up_no_other_deal() -> None:
    house = House.settled()
    house.xero.people.archive_account("210")
    deal = house.sell({"product": "LICENCE"})
    other = house.sell({"product": "CONSULT-WEB"})
    house.work()
    assert house.invoice(other)["Status"] == "AUTHORISED"
    assert not house.invoices_of(deal)
    house.asked("account_unavailable")


def test_a_refusal_that_fresh_settings_do_not_explain_is_asked_about_in_xeros_words() -> None:
    house = House.settled(watch=False)
    deal = house.sell({"product": "LICENCE"})
    house.break_xero("PUT /Invoices", "500 before", status=400, times=2)
    house.work()
    house.recover()
    item = house.asked("refused")
    assert not house.invoices()
    house.answer(item, "retry")
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"


def test_a_deal_in_a_stage_that_no_rule_names_asks_for_nothing() -> None:
    house = House.settled()
    deal = house.company.deals["mixed"]
    house.hubspot.people.move(deal, "Proposal sent")
    house.work()
    assert not house.invoices()
    assert not house.questions()
    assert not list(house.written())


def test_a_deal_without_lines_is_asked_about_and_goes_on_once_it_has_some() -> None:
    house = House.settled()
    deal = house.hubspot.people.add_deal(
        "Empty",
        company=house.company.companies["bellbird"],
        pipeline="New business",
        stage="Closed won",
        amount="900.00",
    )
    house.work()
    house.asked("no_lines")
    house.hubspot.people.set_lines(deal, [{"product": "CONSULT-BRAND", "quantity": 2}])
    house.work()
    assert house.invoice(deal)["SubTotal"] == Decimal("370.00")
    assert not house.questions()


@pytest.mark.parametrize("crm", sorted(SALES))
def test_the_first_period_of_recurring_lines_is_invoiced_where_the_mapping_says_so(crm: str) -> None:
    house = House(("create: authorised\n", "create: authorised\n    recurring lines: first period\n"), crm=crm)
    deal = house.sell({"product": "LICENCE", "frequency": "Monthly" if crm == "salesforce" else "monthly"})
    house.work()
    kinds = {item.kind for item in house.questions()}
    assert "recurring_line" not in kinds
    assert house.invoice(deal)["Status"] == "AUTHORISED"
