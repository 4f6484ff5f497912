"""Held: a storm of hints is one wake-up; none is missed; a server that is away is asked ever more seldom."""

from __future__ import annotations

import random
from math import inf

from desk.hooks.bells import COOLING, LONGEST, SELDOM, Bells, Side

DEALS: Side = ("demo", "deals")
INVOICES: Side = ("demo", "invoices")


def test_the_first_hint_after_a_quiet_time_rings_at_once() -> None:
    bells = Bells()
    assert bells.next_due() == inf
    bells.hint(DEALS, 10.0)
    assert bells.take(10.0) == [DEALS]
    assert bells.take(10.0) == []


def test_ten_thousand_hints_before_it_rings_are_one() -> None:
    bells = Bells()
    for _ in range(10_000):
        bells.hint(DEALS, 10.0)
    assert bells.take(10.0) == [DEALS]
    bells.rang(DEALS, 10.1, heard=True)
    assert bells.next_due() == inf


def test_hints_while_it_rings_and_cools_are_one_more() -> None:
    bells = Bells()
    bells.hint(DEALS, 0.0)
    bells.take(0.0)
    bells.hint(DEALS, 0.05)
    bells.rang(DEALS, 0.1, heard=True)
    for n in range(9_000):
        bells.hint(DEALS, 0.1 + n / 10_000)
    assert bells.take(0.1 + COOLING - 0.01) == []
    assert bells.next_due() == 0.1 + COOLING
    assert bells.take(0.1 + COOLING) == [DEALS]
    bells.rang(DEALS, 1.2, heard=True)
    assert bells.next_due() == inf


def test_each_pair_and_stream_has_a_bell_of_its_own() -> None:
    bells = Bells()
    bells.hint(DEALS, 0.0)
    bells.take(0.0)
    bells.hint(INVOICES, 0.1)
    bells.hint(("other", "deals"), 0.1)
    assert bells.take(0.1) == [INVOICES, ("other", "deals")]


def test_mere_looks_ring_at_once_and_then_seldom() -> None:
    bells, rung = Bells(), list[float]()
    for second in range(150):
        bells.hint(DEALS, second, SELDOM)
        if bells.take(second):
            rung.append(second)
            bells.hint(DEALS, second, SELDOM)
            bells.rang(DEALS, second, heard=True)
    assert rung == [0, 60, 120]


def test_a_change_does_not_wait_for_a_look() -> None:
    bells = Bells()
    bells.hint(DEALS, 0.0)
    bells.take(0.0)
    bells.hint(DEALS, 0.1, SELDOM)
    bells.rang(DEALS, 0.2, heard=True)
    assert bells.next_due() == SELDOM
    bells.hint(DEALS, 0.5)
    assert bells.next_due() == 0.2 + COOLING
    bells.take(1.2)
    bells.hint(DEALS, 1.3, SELDOM)
    bells.hint(DEALS, 1.3)
    bells.rang(DEALS, 1.4, heard=True)
    assert bells.next_due() == 1.4 + COOLING


def test_a_server_that_is_away_is_asked_ever_more_seldom_and_the_hint_is_kept() -> None:
    bells, now, pauses = Bells(), 0.0, list[float]()
    bells.hint(DEALS, now)
    for _ in range(9):
        assert bells.take(now) == [DEALS]
        bells.rang(DEALS, now, heard=False)
        due = bells.next_due()
        pauses.append(due - now)
        now = due
    assert pauses == [2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST, LONGEST]
    assert bells.take(now) == [DEALS]
    bells.rang(DEALS, now, heard=True)
    assert bells.next_due() == inf


def test_every_hint_is_followed_by_a_ring_that_began_after_it() -> None:
    rng = random.Random(7)
    bells, now, hinted, begun = Bells(), 0.0, 0.0, -1.0
    for _ in range(5_000):
        now += rng.random() * 0.4
        if rng.random() < 0.6:
            bells.hint(DEALS, now)
            hinted = now
        if bells.take(now):
            begun = now
            now += rng.random() * 0.1
            if rng.random() < 0.5:
                bells.hint(DEALS, now)
                hinted = now
            bells.rang(DEALS, now, heard=rng.random() < 0.9)
    while (due := bells.next_due()) < inf:
        begun = max(begun, due)
        bells.take(due)
        bells.rang(DEALS, due, heard=True)
    assert begun >= hinted
