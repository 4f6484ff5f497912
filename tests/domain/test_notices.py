"""Held: what people are told without asking is told once, gathered, and never more often than once an hour a cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.notices import Beat, Notice, Open, Told, Trouble, Watch, plan_notice, run_troubles

NOON = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FLOWS = ("deals-to-invoices", "invoices-to-deals")
LOST, PARKED = Trouble("connection", "xero"), Trouble("parked", "xero", NOON + 9 * HOUR)


class Teller:
    """Looks whenever asked, and remembers."""

    def __init__(self) -> None:
        self.told: Mapping[str, Told] = {}

    def look(self, now: datetime, questions: int = 0, *troubles: Trouble) -> Notice:
        asked = [Open(number, "product_unmapped") for number in range(1, questions + 1)]
        notice, self.told = plan_notice("acme", asked, troubles, self.told, now)
        return notice


def test_forty_questions_are_one_message_and_what_comes_soon_after_waits_for_the_next() -> None:
    teller = Teller()
    assert teller.look(NOON, 40).reasons() == [("product_unmapped", 40)]
    assert not teller.look(NOON + 5 * MINUTE, 41)
    assert not teller.look(NOON + 59 * MINUTE, 52)
    later = teller.look(NOON + HOUR, 60)
    assert (len(later.new), later.open) == (20, 60)
    assert not teller.look(NOON + 24 * HOUR, 60)


def test_a_trouble_is_told_once_a_day_while_it_lasts_and_when_it_is_over() -> None:
    teller = Teller()
    told = [teller.look(NOON + n * 5 * MINUTE, 0, LOST) for n in range(12 * 24 + 1)]
    assert [n for n, notice in enumerate(told) if notice] == [0, 288]
    over = [teller.look(NOON + 25 * HOUR + n * 5 * MINUTE) for n in range(12)]
    assert [notice.over for notice in over if notice] == [(Trouble("connection", "xero"),)]
    assert not teller.look(NOON + 40 * HOUR)


def test_that_calls_are_back_needs_no_message() -> None:
    teller = Teller()
    assert teller.look(NOON, 0, PARKED).troubles == (PARKED,)
    assert not teller.look(NOON + 10 * HOUR)
    assert teller.look(NOON + 24 * HOUR, 0, PARKED)


def test_a_trouble_that_comes_and_goes_is_told_twice_an_hour_at_most() -> None:
    teller = Teller()
    flickers = [teller.look(NOON + n * MINUTE, 0, *([LOST] if n % 2 else [])) for n in range(24 * 60)]
    assert sum(bool(notice) for notice in flickers) <= 25


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 5), st.booleans(), st.booleans()), max_size=60))
def test_no_cause_is_told_twice_within_the_hour_whatever_happens(
    looks: list[tuple[int, int, bool, bool]],
) -> None:
    teller, now, questions = Teller(), NOON, 0
    last: dict[str, datetime] = {}
    for minutes, more, lost, parked in looks:
        now, questions = now + minutes * MINUTE, questions + more
        notice = teller.look(now, questions, *([LOST] if lost else []), *([PARKED] if parked else []))
        causes = [each.key for each in (*notice.troubles, *notice.over)] + (["questions"] if notice.new else [])
        for cause in causes:
            assert now - last.get(cause, NOON - HOUR) >= HOUR
            last[cause] = now


def test_a_flow_of_every_quarter_of_an_hour_fails_twice_before_it_is_told_one_of_the_month_once() -> None:
    beats = [Beat(FLOWS[0], NOON, 1, NOON), Beat(FLOWS[1], NOON, 2, NOON), Beat("reconcile-month", NOON, 1, NOON)]
    found = run_troubles(beats, FLOWS, NOON, NOON, HOUR)
    assert [(each.kind, each.about) for each in found] == [("failing", FLOWS[1]), ("failing", "reconcile-month")]


def test_silence_is_told_of_one_flow_or_of_all() -> None:
    one = [Beat(FLOWS[0], NOON + HOUR), Beat(FLOWS[1], NOON)]
    now = NOON + HOUR + MINUTE
    assert run_troubles(one, FLOWS, NOON, now, HOUR) == [Trouble("silent", FLOWS[1], NOON)]
    assert run_troubles([], FLOWS, NOON, now, HOUR) == [Trouble("silent", "", NOON)]


def test_after_a_weekend_switched_off_silence_counts_from_the_first_look() -> None:
    watch = Watch(NOON, NOON).looked(NOON + 5 * MINUTE)
    assert watch.since == NOON
    back = watch.looked(NOON + 60 * HOUR)
    assert back.since == NOON + 60 * HOUR
    beats = [Beat(flow, NOON) for flow in FLOWS]
    assert run_troubles(beats, FLOWS, back.since, NOON + 60 * HOUR, HOUR) == []
