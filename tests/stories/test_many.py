"""Many deals at once: one batch, few calls, and nobody waits behind a broken one."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.hubspot.people import People
from stages import rounds
from tests.support.house import Edit, House

FIFTY = 50
NO_NOTES: Edit = ("history note: every invoice", "history note: when asked")
DRAFTS: Edit = ("create: authorised", "create: draft")


@pytest.mark.parametrize("edits", [(NO_NOTES,), (NO_NOTES, DRAFTS)], ids=["authorised", "draft"])
def test_fifty_deals_of_known_customers_cost_four_calls_to_xero_and_six_to_hubspot(edits: tuple[Edit, ...]) -> None:
    house = House.settled(*edits)
    customers = ("bellbird", "surf", "yarra", "opal")
    for customer in customers:
        house.sell({"product": "LICENCE"}, company=customer)
    house.work()
    house.work()
    deals = [house.sell({"product": "LICENCE"}, {"product": "TRAVEL"}, company=customers[n % 4]) for n in range(FIFTY)]
    before = len(house.calls("xero")), len(house.calls("hubspot"))
    house.clock.advance(60)
    rounds.deals_to_invoices(house.open())
    xero, hubspot = house.calls("xero")[before[0] :], house.calls("hubspot")[before[1] :]
    assert len(xero) <= 4, xero
    assert len(hubspot) <= 6, hubspot
    status = "DRAFT" if DRAFTS in edits else "AUTHORISED"
    assert [house.invoice(deal)["Status"] for deal in deals] == [status] * FIFTY
    assert all(house.told(deal)["total"] == "1474.00" for deal in deals)


def test_fifty_new_customers_become_fifty_contacts_and_invoices_in_a_few_calls() -> None:
    house = House.settled(NO_NOTES)
    people = house.hubspot.people
    deals = [house.sell({"product": "LICENCE"}, company=_company(people, n)) for n in range(FIFTY)]
    before = len(house.calls("xero"))
    house.work()
    assert Counter(house.calls("xero")[before:]).most_common(1)[0][1] <= 3
    assert len({house.invoice(deal)["Contact"]["ContactID"] for deal in deals}) == FIFTY
    assert [house.invoice(deal)["Status"] for deal in deals] == ["AUTHORISED"] * FIFTY
    assert len(house.approvals()) == FIFTY
    assert not house.questions()


def _company(people: People, n: int) -> str:
    return people.add_company(f"Customer {n:02} Pty Ltd", zip=f"2{n:03}")


def test_more_deals_than_a_batch_are_all_done_in_one_run() -> None:
    house = House.settled(NO_NOTES, watch=False)
    deals = [house.sell({"product": "LICENCE"}) for _ in range(FIFTY + 2)]
    house.work()
    assert [house.invoice(deal)["Status"] for deal in deals] == ["AUTHORISED"] * (FIFTY + 2)


def test_a_payment_run_of_fifty_is_told_in_one_write() -> None:
    house = House.settled(NO_NOTES, watch=False)
    deals = [house.sell({"product": "LICENCE"}) for _ in range(FIFTY)]
    house.work()
    house.work()
    for deal in deals:
        house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    before = len(house.calls("hubspot")), len(house.calls("xero"))
    house.clock.advance(60)
    rounds.invoices_to_deals(house.open())
    written = Counter(house.calls("hubspot")[before[0] :])
    assert written["POST /crm/objects/2026-09/deals/batch/update"] == 2
    assert len(house.calls("xero")[before[1] :]) <= 4
    assert {house.stage(deal) for deal in deals} == {"Paid"}


def test_a_broken_deal_keeps_none_of_its_neighbours_waiting() -> None:
    house = House()
    deals = [house.sell({"product": "LICENCE"}) for _ in range(5)]
    (line,) = house.hubspot.lines(deals[2])
    line.properties["quantity"] = "a dozen"
    house.work()
    for deal in deals:
        assert bool(house.invoices_of(deal)) is (deal != deals[2])
    item = house.asked("deal_unreadable")
    house.hubspot.people.edit_line(line.id, quantity=12)
    house.work()
    assert str(house.invoice(deals[2])["SubTotal"]) == "13680.00"
    assert item.id not in {each.id for each in house.questions()}


def test_a_contact_in_xero_that_makes_no_sense_is_a_question_and_stops_nobody() -> None:
    house = House(watch=False)
    odd = house.company.contacts["Meadowbank Print & Sign"]
    house.xero.books.contacts[odd] = house.xero.contacts[odd].but(UpdatedDateUTC="some day")
    deal = house.win("known_by_abn")
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert house.asked("record_unreadable").subject == f"contact:{odd}"
