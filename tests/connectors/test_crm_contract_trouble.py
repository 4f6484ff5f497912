"""Promises of ``connectors/contract.py``, stated once and kept by the connector of every CRM: trouble and limits.

What differs between them is in the table of ``tests/support/crm_accounts.py``; nothing here knows a vendor.
"""

from __future__ import annotations

from typing import Any

import pytest

from connectors.contract import DealUpdate
from connectors.errors import ConnectorError, NotConnected, OutcomeUnknown, Throttled, Unavailable
from connectors.http import DAILY_PAUSE, DEFAULT_PAUSE
from sandbox.faults import Kind
from tests.support.crm_accounts import VALUES, Account, strike, with_fields


@pytest.mark.parametrize(
    ("kind", "more", "for_read", "for_write"),
    [
        ("refuse connection", {}, Unavailable, Unavailable),
        ("500 before", {}, Unavailable, OutcomeUnknown),
        ("500 before", {"status": 502}, Unavailable, OutcomeUnknown),
        ("500 before", {"status": 503}, Unavailable, OutcomeUnknown),
        ("500 before", {"status": 408}, Unavailable, OutcomeUnknown),
        ("500 before", {"status": 401}, NotConnected, NotConnected),
        ("500 after", {}, Unavailable, OutcomeUnknown),
        ("lose answer", {}, Unavailable, OutcomeUnknown),
        ("garble", {"text": "<html>"}, Unavailable, OutcomeUnknown),
        ("429", {"retry_after": 40}, Throttled, Throttled),
        ("429", {"retry_after": None, "daily": True}, Throttled, Throttled),
    ],
)
def test_every_trouble_is_one_of_ours(
    at: Account,
    kind: Kind,
    more: dict[str, Any],
    for_read: type[ConnectorError],
    for_write: type[ConnectorError],
) -> None:
    with_fields(at)
    deal = at.sell("x")
    at.crm.stages([deal])
    calls = (
        (lambda: at.crm.stages([deal]), for_read),
        (at.crm.pipelines, for_read),
        (lambda: list(at.crm.changed_deals("")), for_read),
        (lambda: at.crm.write_deals([DealUpdate(deal, VALUES)]), for_write),
    )
    for call, expected in calls:
        strike(at, kind, times=9, **more)
        with pytest.raises(ConnectorError) as trouble:
            call()
        at.double.faults.clear()
        assert type(trouble.value) is expected
        assert trouble.value.system == at.crm.system
        assert deal not in str(trouble.value)


def test_a_spent_day_is_told_from_a_short_pause(at: Account) -> None:
    at.crm.pipelines()
    for daily, pause in ((False, 30.0 if at.tells_pause else DEFAULT_PAUSE), (True, DAILY_PAUSE)):
        strike(at, "429", times=9, retry_after=None if daily else 30, daily=daily)
        with pytest.raises(Throttled) as throttled:
            at.crm.pipelines()
        at.double.faults.clear()
        assert (throttled.value.daily, throttled.value.pause) == (daily, pause)


def test_a_read_gets_over_a_passing_fault(at: Account) -> None:
    deal = at.sell("x")
    kinds: tuple[Kind, ...] = ("500 before", "lose answer", "refuse connection", "garble", "429")
    for kind in kinds:
        strike(at, kind, retry_after=2)
        assert [found.id for found in at.crm.deals([deal])] == [deal]


def test_a_write_whose_answer_was_lost_may_be_written_again(at: Account) -> None:
    with_fields(at)
    deal = at.sell("x")
    at.crm.write_deals([DealUpdate(deal, {"xero_total": "1.00"})])
    strike(at, "lose answer")
    with pytest.raises(OutcomeUnknown):
        at.crm.write_deals([DealUpdate(deal, VALUES)])
    assert at.crm.write_deals([DealUpdate(deal, VALUES)]) == {}
    assert at.fields_of(deal) == VALUES


def test_limits_are_kept_however_much_there_is_to_do(at: Account) -> None:
    with_fields(at)
    company = at.double.people.add_company("Acme Pty Ltd")
    deals = [at.sell(f"Deal {n}", [{"name": "Design", "price": "1.00"}], company=company) for n in range(120)]
    at.clock.advance(at.lag)
    list(at.crm.changed_deals(""))
    assert len(at.crm.deals(deals)) == 120
    assert at.crm.write_deals([DealUpdate(deal, VALUES) for deal in deals]) == {}
    assert {call.status for call in at.double.log if call.actor == "api"} <= {200, 201, 207}
