"""The inbox: noticed once or often, taken in turn, never lost while it is being worked on."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from ledger import inbox
from ledger.database import Ledger
from sandbox.clock import HandClock

PAIR, STREAM = "acme", inbox.DEALS


def notice(ledger: Ledger, *records: str, **stamps: str) -> int:
    with ledger.write() as session:
        return inbox.notice(session, PAIR, STREAM, stamps or records, ledger.now())


def take(ledger: Ledger, most: int = 50) -> inbox.Taken:
    with ledger.write() as session:
        return inbox.take(session, PAIR, STREAM, ledger.now(), most)


def handled(ledger: Ledger, record: str, version: int) -> None:
    with ledger.write() as session:
        inbox.handled(session, PAIR, STREAM, record, version)


def test_what_was_noticed_is_taken_until_it_is_handled(ledger: Ledger) -> None:
    assert notice(ledger, "7", "8") == 2
    assert take(ledger).versions == {"7": 1, "8": 1}
    assert take(ledger).attempts == {"7": 2, "8": 2}
    handled(ledger, "7", 1)
    assert take(ledger).versions == {"8": 1}


def test_a_hint_during_the_work_keeps_the_record_in_the_inbox(ledger: Ledger) -> None:
    notice(ledger, "7")
    taken = take(ledger)
    notice(ledger, "7")
    handled(ledger, "7", taken.versions["7"])
    assert take(ledger).versions == {"7": 2}
    handled(ledger, "7", 2)
    assert not take(ledger)


def test_an_older_worker_does_not_undo_what_a_newer_one_handled(ledger: Ledger) -> None:
    notice(ledger, "7")
    old = take(ledger)
    notice(ledger, "7")
    handled(ledger, "7", take(ledger).versions["7"])
    handled(ledger, "7", old.versions["7"])
    assert not take(ledger)


def test_a_version_that_was_seen_is_no_news(ledger: Ledger) -> None:
    assert notice(ledger, a="v1", b="v1") == 2
    for record in ("a", "b"):
        handled(ledger, record, 1)
    assert notice(ledger, a="v1", b="v2") == 1
    assert take(ledger).versions == {"b": 2}


def test_a_hint_without_a_version_is_always_news(ledger: Ledger) -> None:
    notice(ledger, a="v1")
    handled(ledger, "a", 1)
    assert notice(ledger, "a") == 1
    handled(ledger, "a", 2)
    assert notice(ledger, a="v1") == 0


def test_those_tried_least_go_first_and_a_batch_is_bounded(ledger: Ledger) -> None:
    notice(ledger, "1", "2", "3")
    assert list(take(ledger, most=2).versions) == ["1", "2"]
    assert list(take(ledger, most=2).versions) == ["3", "1"]


def test_what_was_tried_twice_in_vain_goes_alone_and_last(ledger: Ledger) -> None:
    notice(ledger, "1", "2", "3")
    take(ledger)
    take(ledger)
    notice(ledger, "4")
    assert [list(take(ledger).versions) for _ in range(5)] == [["4"], ["4"], ["1"], ["2"], ["3"]]


def test_a_try_cut_short_by_others_does_not_count(ledger: Ledger) -> None:
    notice(ledger, "7")
    for _ in range(3):
        take(ledger)
        with ledger.write() as session:
            inbox.give_back(session, PAIR, STREAM, ["7"])
    assert take(ledger).attempts == {"7": 1}


def test_a_record_put_off_waits_but_only_after_its_second_try(ledger: Ledger, clock: HandClock) -> None:
    notice(ledger, "7")
    for expected in (True, True, False):
        assert bool(take(ledger)) is expected
        with ledger.write() as session:
            inbox.put_off(session, PAIR, STREAM, "7", clock() + timedelta(minutes=2))
    clock.advance(120)
    assert take(ledger).attempts == {"7": 3}


def test_a_new_hint_ends_the_wait_and_starts_the_count_anew_once_handled(ledger: Ledger, clock: HandClock) -> None:
    notice(ledger, "7")
    take(ledger)
    take(ledger)
    with ledger.write() as session:
        inbox.put_off(session, PAIR, STREAM, "7", clock() + timedelta(hours=1))
    notice(ledger, "7")
    taken = take(ledger)
    assert taken.versions == {"7": 2}
    handled(ledger, "7", 2)
    notice(ledger, "7")
    assert take(ledger).attempts == {"7": 1}


def test_pairs_and_streams_are_apart(ledger: Ledger) -> None:
    notice(ledger, "7")
    with ledger.write() as session:
        assert not inbox.take(session, "other", STREAM, ledger.now())
        assert not inbox.take(session, PAIR, inbox.INVOICES, ledger.now())
        assert inbox.pending(session, PAIR, STREAM, ["7", "8"]) == {"7"}


def test_the_cursor_moves_with_what_was_noticed_or_not_at_all(ledger: Ledger) -> None:
    with suppress(ZeroDivisionError), ledger.write() as session:
        inbox.notice(session, PAIR, STREAM, ["7"], ledger.now())
        inbox.move_cursor(session, PAIR, STREAM, "100")
        raise ZeroDivisionError
    with ledger.read() as session:
        assert inbox.cursor(session, PAIR, STREAM) == ""
    assert not take(ledger)
