"""Answers that never arrive, arrive late or make no sense: one invoice, one contact, the right words on the deal."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import OutcomeUnknown
from sandbox.faults import Kind
from stages import rounds
from tests.support.house import House
from tests.support.ledgers import StrictLedger

Trouble = tuple[Kind, dict[str, Any]]

TROUBLES: list[Trouble] = [
    ("lose answer", {}),
    ("500 before", {}),
    ("500 after", {}),
    ("garble", {}),
    ("refuse connection", {}),
    ("late", {"delay": 30}),
]
# An invoice is what may never be there twice.
MORE: list[Trouble] = [
    ("500 before", {"status": 503, "times": 3}),
    ("500 after", {"status": 504}),
    ("garble", {"text": "{}"}),
    ("garble", {"text": "<html>Be right back</html>"}),
    ("late", {"delay": 100}),
    ("late", {"delay": 20 * 60}),
    ("lose answer", {"times": 3}),
]
XERO_CALLS = [
    *(("PUT /Contacts", *trouble) for trouble in TROUBLES),
    *(("PUT /Invoices", *trouble) for trouble in (*TROUBLES, *MORE)),
    *(("POST /Invoices", *trouble) for trouble in TROUBLES),
]


def _words(value: object) -> str | None:
    if isinstance(value, dict):
        return " ".join(f"{k} {v}" for k, v in value.items()) or "once"
    return None


@pytest.mark.parametrize(("call", "kind", "more"), XERO_CALLS, ids=_words)
def test_one_invoice_whatever_becomes_of_xeros_answer(call: str, kind: Kind, more: dict[str, Any]) -> None:
    house = House.settled(watch=False)
    new, known = house.win("new_customer"), house.win("known_by_abn")
    house.break_xero(call, kind, **more)
    house.recover()
    assert house.xero.faults.struck
    _all_is_well(house, new, known)


def test_a_telling_that_arrives_late_does_not_stand_over_a_newer_one_nor_where_that_emptied_a_field() -> None:
    house = House.settled(watch=False)
    deal = house.win("known_by_abn")
    house.work()
    payment = house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.break_hubspot("POST */deals/batch/update", "late", delay=20 * 60)
    house.struggle()
    house.work(minutes=2)
    assert house.told(deal)["paid_on"]
    house.xero.people.remove_payment(payment)
    house.work(minutes=5)
    house.work(minutes=15)
    house.work(minutes=15)
    assert (house.told(deal)["invoice_status"], "paid_on" in house.told(deal)) == ("Awaiting payment", False)


@pytest.mark.parametrize("call", ["PUT /Contacts", "PUT /Invoices"])
def test_what_a_worker_with_a_fast_clock_left_behind_is_found_by_the_others(call: str) -> None:
    house = House.settled(watch=False)
    new, known = house.win("new_customer"), house.win("known_by_abn")
    house.break_xero(call, "lose answer")
    house.clock.advance(60)
    fast = StrictLedger(house.ledger.engine, lambda: house.clock() + timedelta(minutes=15))
    rounds.deals_to_invoices(house.open(ledger=fast))
    for _ in range(5):
        house.work(minutes=10)
    _all_is_well(house, new, known)


@pytest.mark.parametrize(("kind", "more"), TROUBLES, ids=_words)
def test_the_deal_is_told_whatever_becomes_of_hubspots_answer(kind: Kind, more: dict[str, Any]) -> None:
    house = House.settled(watch=False)
    new, known = house.win("new_customer"), house.win("known_by_abn")
    house.break_hubspot("POST */deals/batch/update", kind, **more)
    house.recover()
    assert house.hubspot.faults.struck
    _all_is_well(house, new, known)


@pytest.mark.parametrize("call", ["POST */deals/search", "POST */deals/batch/read", "POST */companies/batch/read"])
@pytest.mark.parametrize("kind", ["lose answer", "garble"])
def test_reading_hubspot_may_fail_and_nothing_is_lost(call: str, kind: Kind) -> None:
    house = House.settled(watch=False)
    new, known = house.win("new_customer"), house.win("known_by_abn")
    house.break_hubspot(call, kind, times=5)
    house.recover()
    _all_is_well(house, new, known)


def _all_is_well(house: House, *deals: str) -> None:
    for deal in deals:
        invoice = house.invoice(deal)
        assert invoice["Status"] == "AUTHORISED"
        assert invoice["SubTotal"] == sum(line["LineAmount"] for line in invoice["LineItems"])
        assert house.told(deal)["invoice_number"] == invoice["InvoiceNumber"]
        assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert len(house.approvals()) == len(deals)
    assert len([c for c in house.xero.contacts.values() if c["Name"].startswith("Saltbush")]) == 1
    assert not house.questions()


def test_a_draft_that_arrives_late_is_swept() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "late", delay=15 * 60)
    house.recover()
    both = house.xero.invoices_of(house.hubspot.url(house.hubspot.objects["deals"][deal]))
    assert sorted(i["Status"] for i in both) == ["AUTHORISED", "DELETED"]
    assert len(house.approvals()) == 1
    assert not house.questions()


def with_a_draft_under_way(minutes: int) -> tuple[House, str]:
    """A deal whose first draft got no answer and is still to arrive; another was made in its place."""
    house = House.settled()
    deal = house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "late", delay=minutes * 60)
    house.work()
    house.work(minutes=4)
    return house, deal


def test_a_late_draft_is_swept_however_long_nothing_ran_after_it_arrived() -> None:
    house, deal = with_a_draft_under_way(minutes=15)
    house.clock.advance(6 * 60 * 60)
    house.xero.arrive()
    assert [i["Status"] for i in house.invoices_of(deal)] == ["AUTHORISED", "DRAFT"]
    house.work()
    assert [i["Status"] for i in house.invoices_of(deal)] == ["AUTHORISED"]
    house.xero.log.clear()
    house.work()
    assert not [call for call in house.xero.api_calls("GET", "/Invoices") if "createdByMyApp" in call.query]


def test_a_late_draft_that_somebody_paid_attention_to_is_a_question_and_stays_one() -> None:
    house, deal = with_a_draft_under_way(minutes=10)
    chosen = house.invoice(deal)
    house.clock.advance(6 * 60)
    house.xero.arrive()
    (stray,) = [i for i in house.invoices_of(deal) if i["InvoiceID"] != chosen["InvoiceID"]]
    house.xero.people.approve(stray["InvoiceID"])
    house.work()
    item = house.asked("duplicate_suspected")
    house.hubspot.people.edit("deal", deal, description="Looked at again")
    house.work()
    assert house.asked("duplicate_suspected").id == item.id

    house.xero.people.void(stray["InvoiceID"])
    house.answer(item, "retry")
    house.work()
    assert not house.questions()


def test_a_copy_that_a_person_made_of_our_invoice_is_left_to_them() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.work()
    copy = house.xero.people.copy_invoice(house.invoice(deal)["InvoiceID"])
    house.recover()
    assert house.xero.invoices[copy]["Status"] == "DRAFT"
    assert not house.questions()


def test_a_list_that_lags_behind_never_makes_two_invoices() -> None:
    house = House.settled()
    house.xero.list_lag = 10 * 60
    deal = house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "lose answer")
    house.recover()
    house.recover()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert len(house.approvals()) == 1
    assert not house.questions()


def test_a_list_that_lags_behind_undoes_nothing_that_the_deal_was_told_since() -> None:
    house = House.settled(watch=False)
    deal = house.win("renewal")
    house.break_hubspot("POST */deals/batch/update", "500 after")
    house.struggle()
    house.work(minutes=1)
    house.clock.advance(30 * 60)
    house.xero.list_lag = 120
    house.hubspot.people.move(deal, "Not renewed")
    house.work()
    assert house.told(deal)["invoice_status"] == "Deleted"
    house.work(minutes=1)
    assert house.told(deal)["invoice_status"] == "Deleted"
    house.work(minutes=5)
    assert house.told(deal)["invoice_status"] == "Deleted"


def test_an_invoice_that_lists_do_not_show_yet_is_not_taken_for_gone() -> None:
    house = House.settled(watch=False)
    house.xero.list_lag = 120
    deal = house.win("known_by_abn")
    house.break_xero("POST /Invoices", "500 after")
    house.struggle()
    house.work(minutes=1)
    assert not house.questions()
    for _ in range(3):
        house.work(minutes=3)
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert len(house.approvals()) == 1


def test_an_error_that_xero_keeps_under_the_key_does_not_stop_us_for_six_minutes() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "500 before")
    house.work()
    house.work(minutes=3)
    assert house.invoice(deal)["Status"] == "AUTHORISED"


@pytest.mark.parametrize("spoilt", [0, 3])
def test_a_batch_refused_as_a_whole_is_sent_one_by_one_and_asks_only_where_that_is_refused_too(spoilt: int) -> None:
    house = House.settled(watch=False)
    deals = [house.sell({"product": "LICENCE"}) for _ in range(3)]
    # The batch; then each of the spoilt alone, and once more when it was decided anew.
    house.break_xero("PUT /Invoices", "500 before", status=400, times=1 + 2 * spoilt)
    house.recover()
    assert len(house.invoices()) == 3 - spoilt
    assert [item.kind for item in house.questions()] == ["refused"] * spoilt
    for item in house.questions():
        house.answer(item, "retry")
    house.recover()
    assert [house.invoice(deal)["Status"] for deal in deals] == ["AUTHORISED"] * 3
    assert len(house.approvals()) == 3


def test_xero_away_for_hours_loses_nothing() -> None:
    house = House.settled(watch=False)
    house.work()
    deals = [house.win("new_customer"), house.win("known_by_abn")]
    house.break_xero("* *", "500 before", status=503, times=10_000)
    for _ in range(5):
        assert house.struggle(minutes=60)
    house.xero.faults.clear()
    house.recover()
    _all_is_well(house, *deals)


def test_nothing_is_sent_again_while_nobody_can_look() -> None:
    house = House.settled(watch=False)
    deal = house.win("new_customer")
    house.break_xero("PUT /Invoices", "lose answer")
    house.work()
    house.break_xero("GET /Invoices", "500 before", status=503, times=100)
    for _ in range(2):
        assert house.struggle(minutes=10)
    assert house.calls("xero").count("PUT /Invoices") == 1
    house.xero.faults.clear()
    house.work(minutes=10)
    _all_is_well(house, deal)


def test_what_xero_never_answers_is_asked_about_after_eight_tries() -> None:
    house = House.settled(watch=False)
    house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "500 before", times=100)
    _try(house, times=17)
    house.asked("tried_too_often")
    assert len(house.xero.faults.struck) == 8


def test_what_the_crm_never_answers_is_asked_about_after_eight_tries() -> None:
    house = House.settled(watch=False)
    house.win("known_by_abn")
    house.break_hubspot("POST */deals/batch/update", "500 before", times=100)
    _try(house, times=9)
    house.asked("write_back_refused")
    assert len(house.hubspot.faults.struck) == 8


def _try(house: House, times: int) -> None:
    for _ in range(times):
        house.clock.advance(600)
        with suppress(OutcomeUnknown):
            rounds.deals_to_invoices(house.open())
