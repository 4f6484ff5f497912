"""The trail tells everything in order, and a line that was changed, removed or slipped in is found."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import text

from ledger import audit
from ledger.database import Ledger
from sandbox.clock import HandClock


def told(ledger: Ledger, clock: HandClock, pair: str = "acme") -> None:
    for n in range(5):
        clock.advance(1)
        with ledger.write() as session:
            audit.record(session, pair, clock(), f"deal:{n % 2}", "decided", {"total": n})


def broken_at(ledger: Ledger, pair: str = "acme") -> int | None:
    with ledger.read() as session:
        return audit.broken_at(session, pair)


def test_a_sound_trail_holds_and_tells_each_subjects_story(ledger: Ledger, clock: HandClock) -> None:
    told(ledger, clock)
    told(ledger, clock, "other")
    assert broken_at(ledger) is None
    with ledger.read() as session:
        assert [e.seq for e in audit.story(session, "acme", "deal:1")] == [2, 4]
        assert [e.seq for e in audit.since(session, "acme", 3)] == [4, 5]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE auditentry SET details = '{\"total\": 9}' WHERE seq = 3",
        "UPDATE auditentry SET actor = 'somebody' WHERE seq = 3",
        "UPDATE auditentry SET at = '2020-01-01 00:00:00.000000' WHERE seq = 3",
        "UPDATE auditentry SET seal = substr(seal, 2) || 'x' WHERE seq = 3",
    ],
)
def test_a_changed_line_is_found(ledger: Ledger, clock: HandClock, tampering: str) -> None:
    told(ledger, clock)
    with ledger.write() as session:
        session.connection().execute(text(tampering))
    assert broken_at(ledger) == 3


def test_a_removed_line_is_missed(ledger: Ledger, clock: HandClock) -> None:
    told(ledger, clock)
    with ledger.write() as session:
        session.connection().execute(text("DELETE FROM auditentry WHERE seq = 3"))
    assert broken_at(ledger) in {3, 4}


def test_a_change_that_fails_leaves_no_line(ledger: Ledger, clock: HandClock) -> None:
    told(ledger, clock)
    with suppress(ZeroDivisionError), ledger.write() as session:
        audit.record(session, "acme", clock(), "deal:1", "never")
        raise ZeroDivisionError
    with ledger.read() as session:
        assert len(audit.since(session, "acme", 0)) == 5
    assert broken_at(ledger) is None
