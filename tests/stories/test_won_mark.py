"""Paid may mark a deal as won, where that is apart from its stages: set once it is paid, gone with the payment."""

from __future__ import annotations

import pytest

from stages.checking import check
from tests.support.house import Edit, House, mapping
from tests.support.sales import SALES

MARKED: tuple[Edit, ...] = (
    ("stage: Closed won", "stage: Proposal sent"),
    ("move to stage when paid: Paid", "move to stage when paid: won"),
)


def stands(house: House, deal: str) -> tuple[str, str]:
    return house.world.pipedrive.deal(deal)["status"], house.stage(deal)


def test_a_paid_deal_is_marked_as_won_and_open_again_without_its_payment() -> None:
    house = House(*MARKED, crm="pipedrive")
    deal = house.company.deals["known_by_abn"]
    house.world.pipedrive.people.move(deal, "Proposal sent")
    house.work()
    invoice = house.invoice(deal)["InvoiceID"]
    for _ in range(2):
        payment = house.xero.people.pay(invoice)
        house.work()
        assert stands(house, deal) == ("won", "Proposal sent")
        written = list(house.written())
        house.work()
        assert list(house.written()) == written
        house.xero.people.remove_payment(payment)
        house.work()
        assert stands(house, deal) == ("open", "Proposal sent")
    assert len(house.invoices_of(deal)) == 1
    assert not [item for item in house.questions() if item.subject == f"deal:{deal}"]


def test_a_deal_that_a_person_marked_as_won_or_lost_stays_so() -> None:
    house = House(*MARKED, crm="pipedrive")
    won, lost = (house.company.deals[name] for name in ("known_by_abn", "known_by_name"))
    people = house.world.pipedrive.people
    for deal in (won, lost):
        people.move(deal, "Proposal sent")
    house.work()
    people.win(won)
    people.lose(lost)
    house.work()
    payments = [house.xero.people.pay(house.invoice(deal)["InvoiceID"]) for deal in (won, lost)]
    house.work()
    for payment in payments:
        house.xero.people.remove_payment(payment)
    house.work()
    assert [stands(house, deal)[0] for deal in (won, lost)] == ["won", "lost"]


@pytest.mark.parametrize("crm", sorted(SALES))
def test_where_a_stage_is_what_wins_a_deal_the_check_wants_its_name(crm: str) -> None:
    house = House(MARKED[1], crm=crm)
    checked = check(house.open(), mapping(MARKED[1], pair=house.pair))
    assert checked.sound == (crm == "pipedrive")
