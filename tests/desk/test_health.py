"""Held: the status alone tells a monitor whether the flows of every pair run; who is signed in sees how long ago."""

from __future__ import annotations

from ledger.tables import Budget
from tests.desk.test_stories import won
from tests.support.desks import Desk

HOUR = 3600


def test_a_pair_that_runs_is_no_alarm_and_one_that_is_silent_for_an_hour_is(desk: Desk) -> None:
    browser = desk.browser()
    won(desk)
    desk.house.clock.advance(600)
    answer = browser.get("/health")
    assert answer.status_code == 200
    ages = {"deals-to-invoices": 600, "invoices-to-deals": 600}
    assert answer.json() == {
        "silent": False,
        "pairs": {"demo": {"silent": False, "seconds since the last run": ages}},
    }
    desk.house.clock.advance(HOUR)
    assert browser.get("/health").status_code == 503
    assert browser.get("/alive").status_code == 200
    desk.work()
    assert browser.get("/health").status_code == 200


def test_a_pair_that_has_never_run_is_an_alarm_once_the_desk_has_been_open_for_an_hour(desk: Desk) -> None:
    browser = desk.browser()
    assert browser.get("/health").status_code == 200
    desk.house.clock.advance(HOUR + 1)
    assert browser.get("/health").status_code == 503


def test_one_flow_that_has_stopped_is_enough(desk: Desk) -> None:
    from stages import rounds

    won(desk)
    desk.house.clock.advance(HOUR - 60)
    with desk.office.open("demo") as pair:
        rounds.deals_to_invoices(pair)
    desk.house.clock.advance(120)
    assert desk.browser().get("/health").status_code == 503


def test_a_system_whose_calls_run_low_is_looked_at_less_often_and_says_so(desk: Desk) -> None:
    won(desk)
    assert "run low" not in desk.browser().get("/").text
    with desk.office.open("demo") as pair, pair.ledger.write() as session:
        row = session.get(Budget, ("demo", "xero"))
        assert row is not None
        row.day_left, row.day_most = 900, 5000
    assert "calls run low" in desk.browser().get("/").text


def test_a_stranger_is_told_no_pair(staffed: Desk) -> None:
    staffed.house.clock.advance(2 * HOUR)
    answer = staffed.browser().get("/health")
    assert (answer.status_code, answer.json()) == (503, {"silent": True})
    assert "demo" in staffed.browser("viewer").get("/health").json()["pairs"]
