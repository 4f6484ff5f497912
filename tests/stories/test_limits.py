"""Limits and lost authorisations: wait as long as asked, go on alone, ask once where only a person can help."""

from __future__ import annotations

import pytest

from connectors.errors import NotConnected, Throttled
from sandbox.faults import Fault
from tests.support.house import House


def _all_invoiced(house: House, deals: list[str]) -> None:
    for deal in deals:
        assert house.invoice(deal)["Status"] == "AUTHORISED"
        assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert len(house.approvals()) == len(deals)
    assert not house.questions()


@pytest.mark.parametrize("call", ["PUT /Contacts", "GET /Invoices", "PUT /Invoices", "POST /Invoices"])
def test_a_minutes_limit_in_mid_batch_is_waited_out(call: str) -> None:
    house = House.settled()
    deals = [house.win("known_by_abn"), house.win("new_customer")]
    house.break_xero(call, "429", retry_after=200)
    trouble = house.struggle()
    assert isinstance(trouble, Throttled)
    assert (trouble.pause, trouble.daily) == (200.0, False)

    seen = len(house.calls("xero"))
    house.struggle(minutes=2)
    assert len(house.calls("xero")) == seen
    house.work(minutes=2)
    house.work(minutes=2)
    _all_invoiced(house, deals)


def test_a_days_limit_parks_xero_and_it_resumes_by_itself() -> None:
    house = House.settled()
    deals = [house.win("known_by_abn")]
    house.break_xero("PUT /Invoices", "429", retry_after=18 * 3600, daily=True)
    trouble = house.struggle()
    assert isinstance(trouble, Throttled)
    assert trouble.daily

    seen = len(house.calls("xero"))
    for _ in range(5):
        deals.append(house.sell({"product": "LICENCE"}))
        again = house.struggle(minutes=3.5 * 60)
        assert isinstance(again, Throttled)
        assert again.daily
    assert len(house.calls("xero")) == seen
    assert not house.questions()
    house.work(minutes=60)
    house.work()
    _all_invoiced(house, deals)


def test_nobody_signs_in_to_a_system_that_pauses() -> None:
    house = House.settled()
    deals = [house.win("known_by_abn")]
    house.xero.faults.add(Fault("POST", "/connect/token", "429", retry_after=3 * 3600))
    assert isinstance(house.struggle(minutes=60), Throttled)

    seen = len(house.xero.log)
    for _ in range(3):
        assert isinstance(house.struggle(minutes=50), Throttled)
    assert len(house.xero.log) == seen
    house.work(minutes=31)
    _all_invoiced(house, deals)


def test_what_can_be_told_is_told_while_xero_is_parked() -> None:
    house = House()
    deal = house.sell({"product": "LICENCE"})
    house.break_hubspot("POST */deals/batch/update", "500 before")
    house.struggle()
    later = house.sell({"product": "LICENCE"})
    house.break_xero("GET /Invoices", "429", retry_after=18 * 3600, daily=True)
    for _ in range(3):
        house.struggle(minutes=10)
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert not house.invoices_of(later)


def test_a_real_limit_of_few_calls_a_minute_only_makes_it_slower() -> None:
    house = House.settled(watch=False)
    house.xero.limits.a_minute = 4
    deals = [house.win("known_by_abn"), house.win("new_customer"), house.win("known_by_name")]
    for _ in range(12):
        house.struggle(minutes=1.1)
    _all_invoiced(house, deals)


@pytest.mark.parametrize("daily", [False, True])
def test_hubspots_limit_is_waited_out_too(daily: bool) -> None:
    house = House.settled()
    deals = [house.win("known_by_abn")]
    house.break_hubspot("POST */deals/batch/update", "429", retry_after=3600 if daily else 30, daily=daily)
    assert isinstance(house.struggle(), Throttled)
    assert house.invoice(deals[0])["Status"] == "AUTHORISED"
    house.recover()
    _all_invoiced(house, deals)


@pytest.mark.parametrize("call", ["GET /Invoices", "PUT /Contacts", "PUT /Invoices", "POST /Invoices"])
def test_a_token_that_expires_in_mid_run_is_renewed_without_a_word(call: str) -> None:
    house = House.settled()
    deals = [house.win("known_by_abn"), house.win("new_customer")]
    house.break_xero(call, "expire token")
    house.work()
    _all_invoiced(house, deals)
    assert len([c for c in house.xero.log if c.path == "/connect/token"]) == 2


def test_a_token_is_kept_between_runs() -> None:
    house = House()
    for _ in range(4):
        house.work(minutes=5)
    assert len([c for c in house.xero.log if c.path == "/connect/token"]) == 1


def test_a_refused_hubspot_token_is_one_question_for_the_pair_and_loses_nothing() -> None:
    house = House.settled()
    deals = [house.win("known_by_abn"), house.win("new_customer")]
    tokens = house.hubspot.access.static_tokens
    good = set(tokens)
    tokens.clear()
    for _ in range(3):
        trouble = house.struggle(minutes=10)
        assert isinstance(trouble, NotConnected)
        assert trouble.system == "hubspot"
    item = house.asked("not_connected")
    assert item.subject == "pair"

    tokens |= good
    house.answer(item, "retry")
    house.work()
    _all_invoiced(house, deals)


def test_a_refusal_before_the_write_back_loses_nothing() -> None:
    house = House.settled()
    deals = [house.win("known_by_abn")]
    house.hubspot.access.missing_scopes.add("crm.objects.deals.write")
    trouble = house.struggle()
    assert isinstance(trouble, NotConnected)
    assert "crm.objects.deals.write" in trouble.detail
    house.hubspot.access.missing_scopes.clear()
    house.answer(house.asked("not_connected"), "retry")
    house.work()
    house.work()
    _all_invoiced(house, deals)


def test_a_pair_that_was_never_connected_is_one_question_too() -> None:
    house = House()
    house.xero.people.disconnect()
    for _ in range(2):
        assert isinstance(house.struggle(), NotConnected)
    house.asked("not_connected")


def test_xero_disconnected_by_a_person_is_one_question_and_goes_on_once_connected() -> None:
    house = House.settled()
    deals = [house.win("known_by_abn"), house.win("new_customer")]
    house.xero.people.disconnect()
    for _ in range(3):
        assert isinstance(house.struggle(minutes=10), NotConnected)
    item = house.asked("not_connected")
    house.xero.identity.connect()
    house.answer(item, "retry")
    house.work()
    house.work()
    _all_invoiced(house, deals)
