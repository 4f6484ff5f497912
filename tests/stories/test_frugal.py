"""As a day's calls run out, looking unasked grows rare and comparing stops; a hinted deal is invoiced all the same."""

from __future__ import annotations

import pytest

from connectors.errors import NoRoom
from domain.period import month_of
from ledger import inbox
from stages.contacts import refresh_index
from stages.reconcile import reconcile
from tests.support.house import House
from tests.support.sales import SALES


@pytest.fixture(params=sorted(SALES))
def house(request: pytest.FixtureRequest) -> House:
    """Everything was looked at once, and others of the company have asked a lot today."""
    house = House(crm=request.param, watch=False)
    house.work()
    crm = house.open().crm
    for _ in range(200):
        crm.pipelines()
    return house


def leave(house: House, percent: int) -> None:
    """Let so much of the CRM's day be left."""
    double = house.sales.double
    if house.crm == "pipedrive":
        tokens = house.world.pipedrive.access.spent * 100 // (100 - percent)
        name = "credentials: demo-pipedrive"
        house.edits = ((name, f"{name}\n  calls a day: {tokens}"),)
        house.open().crm.pipelines()
        return
    used = sum(call.actor == "api" and "search" not in call.path and "token" not in call.path for call in double.log)
    access = house.hubspot.access if house.crm == "hubspot" else house.world.salesforce.access
    access.limits.daily = used * 100 // (100 - percent)
    # The next answer says so.
    house.open().crm.pipelines()


def looks(house: House, *, hours: int) -> int:
    """How many of the quarters of an hour had a call to the CRM."""
    count = 0
    for _ in range(4 * hours):
        before = len(house.calls(house.crm))
        house.work(minutes=15)
        count += len(house.calls(house.crm)) > before
    return count


def test_with_a_fifth_left_it_is_looked_once_an_hour(house: House) -> None:
    assert looks(house, hours=1) == 4
    leave(house, 15)
    assert looks(house, hours=3) in {2, 3}


def test_with_a_twentieth_left_hardly_ever_and_a_hinted_deal_is_invoiced(house: House) -> None:
    leave(house, 4)
    assert looks(house, hours=6) <= 1
    leave(house, 4)
    deal = house.win("known_by_abn")
    with house.ledger.write() as session:
        inbox.notice(session, house.pair, inbox.DEALS, [deal], house.clock())
    leave(house, 60)
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"


def test_the_month_is_not_compared_with_the_last_of_a_days_calls(house: House) -> None:
    leave(house, 4)
    with pytest.raises(NoRoom):
        reconcile(house.open(), month_of(house.open().today()))


def test_while_hints_wait_it_is_looked_once_a_quarter_of_an_hour(house: House) -> None:
    house.work(minutes=15)
    hinted, unheard = house.win("known_by_abn"), house.win("known_by_email")
    with house.ledger.write() as session:
        inbox.notice(session, house.pair, inbox.DEALS, [hinted], house.clock())
    house.work(minutes=4)
    assert (len(house.invoices_of(hinted)), len(house.invoices_of(unheard))) == (1, 0)
    house.work(minutes=11)
    assert len(house.invoices_of(unheard)) == 1


def test_contacts_that_all_changed_in_one_moment_are_left_behind(house: House) -> None:
    refresh_index(house.open())
    house.clock.advance(3600)
    refresh_index(house.open())
    house.clock.advance(3600)
    refresh_index(house.open())
    *_, first, _, third = [call for call in house.xero.log if call.path.endswith("/Contacts")]
    assert first.answer.count(b"ContactID") > 5
    assert third.answer.count(b"ContactID") == 0
