"""Calls are counted for all processes together, and a pause that a vendor asked for is kept by every one of them."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from ledger import budget
from ledger.budget import Pace
from ledger.database import Ledger
from sandbox.clock import HandClock


class Stop(Exception):
    def __init__(self, system: str, pause: float, daily: bool) -> None:
        self.told = system, pause, daily


def pace(ledger: Ledger, pair: str = "acme") -> Pace:
    return Pace(ledger, pair, per_minute={"xero": 3}, throttled=Stop)


def stopped(by: Pace, system: str = "xero") -> tuple[str, float, bool]:
    with pytest.raises(Stop) as raised:
        by.spend(system)
    return raised.value.told


def stopped_at(by: Pace, cost: int) -> tuple[str, float, bool]:
    with pytest.raises(Stop) as raised:
        by.spend("pipedrive", cost)
    return raised.value.told


def day_left(ledger: Ledger) -> int | None:
    with ledger.read() as session:
        (row,) = budget.state(session, "acme")
    return row.day_left


def test_a_minute_holds_so_many_calls_and_the_next_one_as_many_again(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(2):
        for _ in range(3):
            pace(ledger).spend("xero")
        clock.advance(20)
        assert stopped(pace(ledger)) == ("xero", 40.0, False)
        clock.advance(40)
    pace(ledger).spend("xero")


def test_each_pair_and_each_system_has_calls_of_its_own(ledger: Ledger) -> None:
    for _ in range(3):
        pace(ledger).spend("xero")
    pace(ledger, "other").spend("xero")
    for _ in range(100):
        pace(ledger).spend("hubspot")
    stopped(pace(ledger))


def test_a_pause_holds_for_every_process_and_survives_it(ledger: Ledger, clock: HandClock) -> None:
    pace(ledger).heard("xero", day_left=4000, minute_left=20, pause=30, daily=False)
    assert stopped(pace(ledger)) == ("xero", 30.0, False)
    pace(ledger).spend("hubspot")
    clock.advance(29)
    assert stopped(pace(ledger)) == ("xero", 1.0, False)
    clock.advance(1)
    pace(ledger).spend("xero")


@pytest.mark.parametrize("daily", [False, True])
def test_a_process_whose_clock_is_fast_ends_no_pause_of_the_others(ledger: Ledger, daily: bool) -> None:
    pace(ledger).heard("xero", day_left=4000, minute_left=20, pause=600, daily=daily)
    pace(Ledger(ledger.engine, lambda: ledger.now() + timedelta(minutes=15))).spend("xero")
    assert stopped(pace(ledger))[:2] == ("xero", 600.0)


def test_a_day_used_up_parks_until_the_vendor_said(ledger: Ledger, clock: HandClock) -> None:
    pace(ledger).heard("xero", day_left=0, minute_left=20, pause=66_975, daily=True)
    clock.advance(60_000)
    assert stopped(pace(ledger)) == ("xero", 6_975.0, True)
    clock.advance(6_975)
    pace(ledger).spend("xero")
    assert day_left(ledger) is None


def test_the_longer_of_two_pauses_holds_with_its_reason(ledger: Ledger) -> None:
    pace(ledger).heard("xero", day_left=0, minute_left=20, pause=66_975, daily=True)
    pace(ledger).heard("xero", day_left=0, minute_left=0, pause=30, daily=False)
    assert stopped(pace(ledger)) == ("xero", 66_975.0, True)


def test_no_call_left_in_their_minute_waits_for_the_next_one(ledger: Ledger, clock: HandClock) -> None:
    pace(ledger).spend("xero")
    clock.advance(15)
    pace(ledger).heard("xero", day_left=None, minute_left=0, pause=None, daily=False)
    assert stopped(pace(ledger)) == ("xero", 45.0, False)


def test_the_days_calls_are_counted_down_and_put_right_by_what_they_say(ledger: Ledger) -> None:
    pace(ledger).heard("xero", day_left=990, minute_left=59, pause=None, daily=False)
    pace(ledger).spend("xero")
    pace(ledger).spend("xero")
    assert day_left(ledger) == 988
    pace(ledger).heard("xero", day_left=980, minute_left=59, pause=None, daily=False)
    assert day_left(ledger) == 980


def test_a_day_that_nobody_tells_is_counted_by_us_until_midnight(ledger: Ledger, clock: HandClock) -> None:
    def counting(most: int = 100) -> Pace:
        return Pace(ledger, "acme", per_minute={}, per_day={"pipedrive": most}, throttled=Stop)

    midnight = (24 * 3600 - clock().timestamp() % (24 * 3600)) % (24 * 3600)
    counting().spend("pipedrive", 60)
    assert day_left(ledger) == 40
    assert stopped_at(counting(), 41) == ("pipedrive", midnight, True)
    counting().spend("pipedrive", 40)
    counting(150).spend("pipedrive", 50)
    clock.advance(midnight)
    counting().spend("pipedrive", 100)


def test_our_own_count_outlives_a_pause(ledger: Ledger, clock: HandClock) -> None:
    by = Pace(ledger, "acme", per_minute={}, per_day={"pipedrive": 100}, throttled=Stop)
    by.spend("pipedrive", 90)
    by.heard("pipedrive", day_left=None, minute_left=None, pause=2, daily=False)
    clock.advance(2)
    by.spend("pipedrive", 10)
    assert day_left(ledger) == 0


@pytest.mark.parametrize(
    ("told", "left"), [((250, 1000), "1/4"), ((250, None), "1"), ((None, None), "1"), ((0, 1000), "0")]
)
def test_the_share_that_is_left_is_of_the_most_that_is_known(
    ledger: Ledger, told: tuple[int | None, int | None], left: str
) -> None:
    pace(ledger).heard("xero", day_left=told[0], day_most=told[1], minute_left=0, pause=None, daily=False)
    with ledger.read() as session:
        assert budget.share_left(session, "acme", "xero") == Fraction(left)
        assert budget.share_left(session, "acme", "hubspot") == 1
