"""Held: what a month is read by, on every CRM: its won deals by the organisation's days, its owners by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.connections import vendors
from tests.support.crm_accounts import ACCOUNTS, Account
from tests.support.salesforce import link


@pytest.fixture(params=sorted(ACCOUNTS))
def at(request: pytest.FixtureRequest) -> Account:
    return ACCOUNTS[request.param]()


def won(at: Account, first: date, last: date) -> list[str]:
    at.clock.advance(at.lag)
    return [deal for page in at.crm.won_between(first, last) for deal in page]


def won_at(at: Account, moment: datetime) -> str:
    """A deal that is won at this moment, whatever the time is now."""
    if moment > at.clock():
        at.clock.advance((moment - at.clock()).total_seconds())
    deal = at.sell("x")
    at.win(deal)
    return deal


def test_a_month_has_the_deals_won_on_its_days_where_the_organisation_is(at: Account) -> None:
    start = at.clock().date().replace(day=1) + timedelta(days=62)
    first = start.replace(day=1)
    last = (first + timedelta(days=40)).replace(day=1) - timedelta(days=1)
    # Sydney is eleven hours ahead in summer: its day begins at 13:00 UTC the day before.
    midnight = datetime(first.year, first.month, 1, 13, tzinfo=UTC) - timedelta(days=1)
    early = won_at(at, midnight - timedelta(minutes=5))
    opening = won_at(at, midnight + timedelta(minutes=5))
    closing = won_at(at, datetime(last.year, last.month, last.day, 12, 55, tzinfo=UTC))
    late = won_at(at, datetime(last.year, last.month, last.day, 13, 5, tzinfo=UTC))
    found = won(at, first, last)
    assert sorted(found) == sorted({opening, closing})
    assert {early, late}.isdisjoint(found)


def test_open_lost_and_deleted_deals_are_not_among_them(at: Account) -> None:
    at.sell("open")
    lost = at.sell("lost")
    at.lose(lost)
    deleted = won_at(at, at.clock())
    at.double.people.delete("deal", deleted)
    today = at.clock().date()
    assert won(at, today - timedelta(days=3), today + timedelta(days=3)) == []


def test_a_deal_put_away_is_still_one_of_its_month(at: Account) -> None:
    deal = won_at(at, at.clock())
    at.put_away(deal)
    today = at.clock().date()
    found = won(at, today - timedelta(days=3), today + timedelta(days=3))
    assert found in ([deal], [])  # where putting away is deleting, it is gone


def test_more_than_a_page_of_them_comes_whole_and_each_once(at: Account) -> None:
    made = [won_at(at, at.clock()) for _ in range(at.page + 5)]
    today = at.clock().date()
    found = won(at, today - timedelta(days=3), today + timedelta(days=3))
    assert sorted(found) == sorted(made)


def test_owners_that_nobody_knows_are_missing(at: Account) -> None:
    assert at.crm.owners(["12345"] if at.crm.system != "salesforce" else ["005000000000009AAA"]) == {}


def test_hubspots_owners_are_called_by_their_names() -> None:
    at = vendors()
    ids = [at.world.hubspot.people.add_owner(f"p{n}@seller.example", "Jo", f"Marsh {n}") for n in range(3)]
    assert at.hubspot.owners([ids[2], ids[0], "7"]) == {ids[2]: "Jo Marsh 2", ids[0]: "Jo Marsh 0"}


def test_a_won_deal_of_hubspots_without_a_close_date_counts_by_the_day_it_was_made() -> None:
    at = vendors()
    deal = at.world.hubspot.people.add_deal("x", stage="closedwon")
    at.clock.advance(10)
    (found,) = at.hubspot.deals([deal])
    assert (found.won, found.closed_on) == (True, None)
    today = at.clock().date()
    days = timedelta(days=1)
    assert list(at.hubspot.won_between(today - days, today + days)) == [[deal]]
    assert list(at.hubspot.won_between(today + days, today + 9 * days)) == []


def test_salesforces_owners_are_called_by_their_names() -> None:
    at = link()
    deal = at.deal(at.won())
    assert list(at.salesforce.owners([deal.owner]).values()) != [""]
    assert list(at.salesforce.owners([deal.owner])) == [deal.owner]


def test_salesforces_won_deals_of_some_days() -> None:
    at = link()
    today = at.clock().date()
    deal = at.won()
    closed = at.deal(deal).closed_on
    assert closed is not None
    days = timedelta(days=1)
    assert [i for page in at.salesforce.won_between(closed, closed) for i in page] == [deal]
    assert list(at.salesforce.won_between(closed + days, today + 400 * days)) == []
    assert list(at.salesforce.won_between(today - 400 * days, closed - days)) == []
