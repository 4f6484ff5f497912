"""Deals change their minds: noticed often, un-won, edited, merged, deleted. Never a second invoice."""

from __future__ import annotations

import json
from decimal import Decimal

from stages import capture, create
from tests.stories.test_milestones import FINAL
from tests.support.house import House


def test_the_same_deal_noticed_five_times_makes_one_invoice() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    for name in ("A", "B", "C", "D", "E"):
        house.hubspot.people.edit("deal", deal, description=name)
        house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert house.calls("xero").count("PUT /Invoices") == 1
    assert not house.questions()


def test_nothing_new_means_nothing_written() -> None:
    house = House.settled()
    house.win("known_by_abn")
    house.work()
    house.work()
    before = list(house.written())
    for _ in range(3):
        house.work(minutes=30)
    assert list(house.written()) == before


def test_a_deal_un_won_before_its_invoice_was_sent_makes_none() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "refuse connection")
    house.struggle()
    house.hubspot.people.move(deal, "Proposal sent")
    house.work()
    house.work(minutes=10)
    assert not house.invoices()
    assert not house.questions()

    house.hubspot.people.move(deal, "Closed won")
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"


def test_a_deal_noticed_again_is_not_sent_before_it_was_read() -> None:
    house = House.settled(watch=False)
    deal = house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "refuse connection")
    house.struggle()
    house.hubspot.people.move(deal, "Proposal sent")
    house.clock.advance(600)
    pair = house.open()
    assert capture.notice_deals(pair)
    create.create(pair)
    assert not house.invoices()
    house.work()
    assert not house.invoices()


def test_a_deal_edited_before_its_invoice_was_sent_is_invoiced_as_it_now_is() -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE"})
    house.break_xero("PUT /Invoices", "refuse connection")
    house.struggle()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 3}])
    house.work()
    house.work(minutes=10)
    assert house.invoice(deal)["Total"] == Decimal("3762.00")


def test_a_deal_that_became_a_question_before_its_invoice_was_sent_is_not_sent_as_it_was() -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE"})
    house.break_xero("PUT /Invoices", "refuse connection")
    house.struggle()
    house.hubspot.people.set_lines(deal, [{"product": "WORKSHOP"}])
    house.work()
    house.work(minutes=10)
    house.asked("product_unmapped")
    assert not house.invoices()

    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "discount_percent": 100}])
    house.work()
    assert not house.questions()
    assert not house.invoices()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    assert house.invoice(deal)["Total"] == Decimal("2508.00")


def test_a_deal_un_won_after_its_invoice_is_a_question() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.work()
    house.hubspot.people.move(deal, "Closed lost")
    house.work()
    item = house.asked("deal_unwon")
    assert json.loads(item.facts)["invoice"] == house.invoice(deal)["InvoiceNumber"]
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    house.answer(item, "leave")
    house.work(minutes=60)
    assert not house.questions()


def test_a_deal_won_again_is_no_question_any_more() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.work()
    house.hubspot.people.move(deal, "Closed lost")
    house.work()
    house.asked("deal_unwon")
    house.hubspot.people.move(deal, "Closed won")
    house.work()
    assert not house.questions()
    assert house.calls("xero").count("PUT /Invoices") == 1


def test_a_deal_edited_after_its_invoice_is_a_question_with_both_amounts() -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE"})
    house.work()
    (line,) = house.hubspot.lines(deal)
    house.hubspot.people.edit_line(line.id, quantity=2)
    house.work()
    item = house.asked("deal_changed")
    facts = json.loads(item.facts)
    assert (facts["amount then"], facts["amount now"]) == ("$1,140.00", "$2,280.00")
    assert house.invoice(deal)["Total"] == Decimal("1254.00")
    house.answer(item, "leave")
    house.work(minutes=60)
    assert not house.questions()

    house.hubspot.people.edit_line(line.id, quantity=3)
    house.work()
    house.asked("deal_changed")
    house.hubspot.people.edit_line(line.id, quantity=1)
    house.work()
    assert not house.questions()


def test_merged_deals_make_no_second_invoice() -> None:
    house = House.settled()
    first = house.sell({"product": "LICENCE"})
    house.work()
    other = house.hubspot.people.add_deal("Twin", company=house.company.companies["bellbird"], stage="Proposal sent")
    merged = house.hubspot.people.merge_deals(first, other)
    house.work()
    house.work()
    assert len(house.invoices()) == 1
    assert house.stage(merged) == "Closed won"
    assert not house.questions()

    house.xero.people.pay(house.invoice(first)["InvoiceID"])
    house.work()
    assert house.told(merged)["invoice_status"] == "Paid"
    assert house.stage(merged) == "Paid"


def test_deals_merged_before_either_was_invoiced_make_one_invoice() -> None:
    house = House.settled()
    deals = [house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE"})]
    house.break_xero("PUT /Invoices", "refuse connection")
    house.struggle()
    house.hubspot.people.merge_deals(*deals)
    house.work()
    # HubSpot keeps the amount of the first and the lines of both.
    house.answer(house.asked("amount_differs"), "use_lines")
    house.work()
    house.work(minutes=10)
    assert [i["Total"] for i in house.invoices()] == [Decimal("2508.00")]


def test_of_merged_deals_one_was_invoiced_and_the_other_is_not_any_more() -> None:
    house = House.settled()
    first = house.sell({"product": "LICENCE"})
    house.work()
    house.break_xero("PUT /Invoices", "refuse connection")
    other = house.sell({"product": "CONSULT-WEB"})
    house.struggle()
    house.hubspot.people.merge_deals(first, other)
    house.work()
    house.work(minutes=10)
    assert len(house.invoices()) == 1
    house.asked("deal_changed")


def lost_with_a_draft_under_way() -> tuple[House, str]:
    """A deal that was lost before the answer to its first draft came, or the draft itself."""
    house = House.settled()
    deal = house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "late", delay=15 * 60)
    house.work()
    house.sales.unwin(deal)
    house.work(minutes=4)
    house.clock.advance(12 * 60)
    house.xero.arrive()
    assert [i["Status"] for i in house.invoices_of(deal)] == ["DRAFT"]
    return house, deal


def won_again(house: House, deal: str) -> list[str]:
    """How the deal's invoices stand after that."""
    house.sales.win(deal)
    house.work()
    house.work(minutes=10)
    return [i["Status"] for i in house.invoices_of(deal)]


def test_a_draft_that_arrives_when_its_deal_is_lost_goes() -> None:
    house, deal = lost_with_a_draft_under_way()
    house.work()
    assert not house.invoices_of(deal)
    assert won_again(house, deal) == ["AUTHORISED"]
    assert not house.questions()


def test_a_draft_that_arrives_as_its_deal_is_won_again_is_not_the_second() -> None:
    house, deal = lost_with_a_draft_under_way()
    assert won_again(house, deal) == ["AUTHORISED"]
    assert not house.questions()


def test_a_draft_that_arrived_when_its_deal_was_lost_and_was_approved_is_asked_about() -> None:
    house, deal = lost_with_a_draft_under_way()
    house.xero.people.approve(house.invoice(deal)["InvoiceID"])
    house.work()
    house.asked("duplicate_suspected")


def test_deals_merged_after_each_had_an_invoice_are_a_question() -> None:
    house = House.settled()
    deals = [house.sell({"product": "LICENCE"}), house.sell({"product": "CONSULT-WEB"})]
    house.work()
    house.hubspot.people.merge_deals(*deals)
    house.work()
    item = house.asked("deal_merged")
    assert json.loads(item.facts)["invoices"] == "INV-0001, INV-0002"
    house.answer(item, "leave")
    house.work(minutes=60)
    assert not house.questions()
    assert len(house.invoices()) == 2


def test_deals_merged_after_each_had_an_invoice_of_another_pipeline_are_a_question_too() -> None:
    house, renewed = House.settled(FINAL), {"pipeline": "Renewals", "stage": "Renewed"}
    deals = [house.sell({"product": "LICENCE"}), house.sell({"product": "CONSULT-WEB"}, **renewed)]
    house.work()
    assert [i["Status"] for i in house.invoices()] == ["AUTHORISED", "DRAFT"]
    house.hubspot.people.merge_deals(*deals)
    house.work()
    item = next(each for each in house.questions() if each.kind == "deal_merged")
    assert json.loads(item.facts)["invoices"] == "INV-0001, INV-0002"
    house.answer(item, "leave")
    house.work(minutes=60)
    assert "deal_merged" not in [each.kind for each in house.questions()]
    assert [i["Status"] for i in house.invoices()] == ["AUTHORISED", "DRAFT"]


def test_a_deal_deleted_before_it_was_read_makes_nothing() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.break_hubspot("POST */deals/batch/read", "500 before", times=4)
    house.struggle()
    house.hubspot.people.delete("deal", deal)
    house.work()
    assert not house.invoices()
    assert not house.questions()


def test_a_deal_that_leaves_its_stage_and_pipeline_by_hand_after_paid_asks_nothing() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.work()
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    house.work()
    assert house.stage(deal) == "Paid"
    assert not house.questions()


def test_a_deal_noticed_again_under_a_changed_mapping_makes_no_second_invoice() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.work()
    house.edit_mapping(("due: 14 days after", "due: 21 days after"))
    house.hubspot.people.edit("deal", deal, description="Thanks")
    house.work()
    assert len(house.invoices()) == 1
    assert not house.questions()
