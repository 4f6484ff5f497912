"""What comes back: the deal says what its invoice says, and stands in Paid for as long as it is paid."""

from __future__ import annotations

import functools
import json
from contextlib import suppress
from decimal import Decimal

import pytest

from connectors.errors import OutcomeUnknown
from stages import rounds
from tests.support.house import House


def _invoiced() -> tuple[House, str, str]:
    """A won deal with its approved invoice of $1,254.00."""
    house, deal = _sold()
    return house.twin(watch=True), deal, house.invoice(deal)["InvoiceID"]


@functools.cache
def _sold() -> tuple[House, str]:
    house = House()
    deal = house.sell({"product": "LICENCE"})
    house.work()
    return house, deal


def _money(house: House, deal: str) -> tuple[str, str, str]:
    told = house.told(deal)
    return told["invoice_status"], told["amount_paid"], told["amount_due"]


def test_a_part_payment_shows_its_amounts_and_moves_nothing() -> None:
    house, deal, invoice = _invoiced()
    house.xero.people.pay(invoice, "500.25")
    house.work()
    assert _money(house, deal) == ("Part paid", "500.25", "753.75")
    assert house.stage(deal) == "Closed won"
    assert "paid_on" not in house.told(deal)

    house.xero.people.pay(invoice, "753.75")
    house.work()
    assert _money(house, deal) == ("Paid", "1254.00", "0.00")
    assert house.stage(deal) == "Paid"


def test_a_full_payment_moves_the_deal_and_a_removed_one_moves_it_back_each_time() -> None:
    house, deal, invoice = _invoiced()
    for _ in range(3):
        payment = house.xero.people.pay(invoice)
        house.work()
        assert (_money(house, deal), house.stage(deal)) == (("Paid", "1254.00", "0.00"), "Paid")
        assert house.told(deal)["paid_on"] == "2026-11-25"
        house.xero.people.remove_payment(payment)
        house.work()
        assert (_money(house, deal), house.stage(deal)) == (("Awaiting payment", "0.00", "1254.00"), "Closed won")
        assert "paid_on" not in house.told(deal)
    assert not house.questions()


def test_a_payment_made_and_removed_between_two_looks_changes_nothing() -> None:
    house, deal, invoice = _invoiced()
    house.xero.people.remove_payment(house.xero.people.pay(invoice))
    house.work()
    assert (_money(house, deal), house.stage(deal)) == (("Awaiting payment", "0.00", "1254.00"), "Closed won")


def test_a_payment_is_noticed_even_if_the_invoice_keeps_its_date() -> None:
    house, deal, invoice = _invoiced()
    house.work(minutes=60)
    invoices, dated = house.xero.books.invoices, house.invoice(deal)["UpdatedDateUTC"]
    house.xero.people.pay(invoice)
    invoices[invoice] = invoices[invoice].but(UpdatedDateUTC=dated)
    house.work(minutes=30)
    assert house.stage(deal) == "Paid"


def test_a_credit_note_pays_too_and_is_told_apart() -> None:
    house, deal, invoice = _invoiced()
    first = house.xero.people.credit(invoice, "254.00")
    house.work()
    assert _money(house, deal) == ("Part credited", "0.00", "1000.00")
    house.xero.people.credit(invoice)
    house.work()
    assert (_money(house, deal), house.stage(deal)) == (("Paid by credit", "0.00", "0.00"), "Paid")
    house.xero.people.remove_credit(first)
    house.work()
    assert (_money(house, deal), house.stage(deal)) == (("Part credited", "0.00", "254.00"), "Closed won")


def test_an_invoice_voided_by_a_person_shows_on_the_deal() -> None:
    house, deal, invoice = _invoiced()
    house.xero.people.void(invoice)
    house.work()
    assert _money(house, deal) == ("Voided", "0.00", "0.00")
    assert house.stage(deal) == "Closed won"


def test_each_pipeline_has_its_own_paid_stage() -> None:
    house = House.settled()
    deal = house.win("renewal")
    house.work()
    invoice = house.invoice(deal)["InvoiceID"]
    house.xero.people.approve(invoice)
    house.xero.people.pay(invoice)
    house.work()
    assert house.stage(deal) == "Paid"
    assert house.hubspot.account.pipelines[house.deal(deal)["pipeline"]].label == "Renewals"


def test_a_payment_comes_back_half_a_day_later_when_no_deal_is_looked_at() -> None:
    house, deal, invoice = _invoiced()
    house.work()
    house.clock.advance(13 * 3600)
    house.xero.people.pay(invoice)
    rounds.invoices_to_deals(house.open())
    assert house.stage(deal) == "Paid"


def test_a_deal_that_a_person_moved_elsewhere_stays_there() -> None:
    house, deal, invoice = _invoiced()
    house.hubspot.people.move(deal, "Closed lost")
    house.xero.people.pay(invoice)
    house.work()
    assert house.stage(deal) == "Closed lost"
    assert _money(house, deal) == ("Paid", "1254.00", "0.00")


def test_payments_of_others_cost_the_crm_no_call() -> None:
    house, _, _ = _invoiced()
    house.work()
    contact = house.company.contacts["Meadowbank Print & Sign"]
    line = {"Description": "By hand", "Quantity": 1, "UnitAmount": 50, "AccountCode": "200"}
    by_hand = house.xero.people.add_invoice(contact, [line], Status="AUTHORISED", DueDate="2026-12-01")
    house.xero.people.pay(by_hand)
    seen = len(house.calls("hubspot"))
    house.work()
    assert [c for c in house.calls("hubspot")[seen:] if not c.endswith("/search")] == []


def test_a_stage_move_that_is_refused_is_a_question_and_the_rest_is_told() -> None:
    house, deal, invoice = _invoiced()
    house.hubspot.people.add_property("deal", "po_number", "PO number")
    house.hubspot.people.require_on_stage("New business", "Paid", "po_number")
    house.xero.people.pay(invoice)
    house.work()
    item = house.asked("stage_move_refused")
    assert "po_number" in item.facts
    assert (_money(house, deal), house.stage(deal)) == (("Paid", "1254.00", "0.00"), "Closed won")

    house.hubspot.people.edit("deal", deal, po_number="PO-1")
    house.answer(item, "retry")
    house.work()
    assert house.stage(deal) == "Paid"
    assert not house.questions()


def test_a_refused_stage_move_may_be_left_and_is_not_asked_again() -> None:
    house, deal, invoice = _invoiced()
    house.hubspot.people.require_on_stage("New business", "Paid", "description")
    payment = house.xero.people.pay(invoice)
    house.work()
    house.answer(house.asked("stage_move_refused"), "leave")
    house.work()
    house.xero.people.remove_payment(payment)
    house.work()
    house.xero.people.pay(invoice)
    house.work()
    assert not house.questions()
    assert (_money(house, deal), house.stage(deal)) == (("Paid", "1254.00", "0.00"), "Closed won")


def test_a_refused_stage_move_does_not_stop_a_mended_mapping() -> None:
    house, _, invoice = _invoiced()
    house.hubspot.people.require_on_stage("New business", "Paid", "description")
    house.xero.people.pay(invoice)
    house.work()
    item = house.asked("stage_move_refused")
    house.edit_mapping(("due: 14 days", "due: 30 days"))
    later = house.sell({"product": "LICENCE"})
    seen = len(house.hubspot.log)
    house.work()
    assert house.invoice(later)["DueDateString"] == "2026-12-25T00:00:00"
    asked = [call for call in house.hubspot.log[seen:] if call.path.endswith("/deals/batch/read")]
    assert all(each["id"].isdigit() for call in asked for each in json.loads(call.body)["inputs"])
    assert house.asked("stage_move_refused").id == item.id


def test_a_refused_stage_move_that_went_through_later_is_no_question_any_more() -> None:
    house, deal, invoice = _invoiced()
    house.hubspot.people.require_on_stage("New business", "Paid", "description")
    payment = house.xero.people.pay(invoice)
    house.work()
    house.hubspot.people.require_on_stage("New business", "Paid")
    house.xero.people.remove_payment(payment)
    house.work()
    house.xero.people.pay(invoice)
    house.work()
    assert house.stage(deal) == "Paid"
    assert not house.questions()


def test_a_field_that_cannot_hold_what_it_is_told_is_a_question_in_the_crms_words() -> None:
    house = House()
    house.hubspot.people.add_property("deal", "xero_total", "Total", "date")
    deal = house.sell({"product": "LICENCE"})
    house.work()
    item = house.asked("write_back_refused")
    assert "was not a valid date" in item.facts
    assert house.invoice(deal)["Status"] == "AUTHORISED"

    house.hubspot.account.properties["deals"].pop("xero_total")
    house.answer(item, "retry")
    house.work()
    assert _money(house, deal) == ("Awaiting payment", "0.00", "1254.00")
    assert not house.questions()


def test_a_refused_field_may_be_left_and_is_not_asked_about_again() -> None:
    house = House()
    house.hubspot.people.add_property("deal", "xero_total", "Total", "date")
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.answer(house.asked("write_back_refused"), "leave")
    house.xero.people.pay(house.invoice(deal)["InvoiceID"], "100.00")
    house.work()
    house.work()
    assert not house.questions()


def test_a_field_that_somebody_deleted_is_made_again() -> None:
    house, deal, invoice = _invoiced()
    house.hubspot.account.properties["deals"].pop("xero_amount_paid")
    house.xero.people.pay(invoice)
    house.work()
    house.answer(house.asked("write_back_refused"), "retry")
    house.work()
    assert _money(house, deal) == ("Paid", "1254.00", "0.00")
    assert not house.questions()


@pytest.mark.parametrize("times", [1, 4])
def test_what_is_told_late_never_overwrites_what_was_told_since(times: int) -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE"})
    house.break_hubspot("POST */deals/batch/update", "500 before", times=times)
    house.struggle()
    assert "invoice_status" not in house.told(deal)
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.recover()
    assert _money(house, deal) == ("Paid", "1254.00", "0.00")
    assert house.stage(deal) == "Paid"


def test_two_changes_while_the_crm_is_away_end_in_the_last() -> None:
    house, deal, invoice = _invoiced()
    house.break_hubspot("POST */deals/batch/update", "500 before", times=2)
    for amount in ("100.00", "200.00", "300.00"):
        house.xero.people.pay(invoice, amount)
        house.clock.advance(60)
        with suppress(OutcomeUnknown):
            rounds.invoices_to_deals(house.open())
    house.work()
    assert _money(house, deal) == ("Part paid", "600.00", "654.00")


def test_a_stage_move_that_waited_moves_no_deal_that_a_person_moved_meanwhile() -> None:
    house, deal, invoice = _invoiced()
    house.xero.people.pay(invoice)
    # Its fields are told; HubSpot is away when the deal is to be moved.
    house.break_hubspot("POST */deals/batch/update", "500 before", after=1)
    with suppress(OutcomeUnknown):
        house.work()
    assert (_money(house, deal), house.stage(deal)) == (("Paid", "1254.00", "0.00"), "Closed won")
    house.hubspot.people.move(deal, "Appointment scheduled")
    for _ in range(3):
        house.work(minutes=10)
    assert house.stage(deal) == "Appointment scheduled"


def test_a_deal_deleted_after_its_invoice_is_a_question_once_there_is_something_to_tell() -> None:
    house, deal, invoice = _invoiced()
    house.hubspot.people.delete("deal", deal)
    house.xero.people.pay(invoice)
    house.work()
    house.work()
    house.answer(house.asked("deal_deleted"), "leave")
    house.work()
    assert not house.questions()
    assert house.invoice(deal)["AmountPaid"] == Decimal("1254.00")
