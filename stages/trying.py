"""Trying again: what counts as a try, how long to wait before the next, and when a person is asked instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connectors.errors import NotConnected, TryLater
from ledger import outbox
from ledger.tables import Effect
from stages.pair import Pair

# What fails this often is put to a person; nobody waits behind it.
TRIES = 8
# Sooner than the first retry of a run.
LOOK_AGAIN = timedelta(seconds=10)
# After a lost answer, this long without a trace means that it never arrived.
SETTLE = timedelta(minutes=3)
# What was sent is looked for by our clock in lists by Xero's, which lag: both may be off, in each process differently.
CLOCKS_DIFFER = timedelta(minutes=30)


def not_sent(pair: Pair, effects: Sequence[Effect], trouble: TryLater | NotConnected) -> None:
    """Certainly nothing happened: the same request will do some other time, and this was no try."""
    again = pair.now() + timedelta(seconds=getattr(trouble, "pause", 0.0))
    with pair.ledger.write() as session:
        for effect in effects:
            outbox.move(session, effect, "sending", "planned", attempts=effect.attempts - 1, next_at=again)


def growing(attempts: int) -> timedelta:
    """How long to wait before the next try: not at all after the first three, then twice as long each time."""
    return LOOK_AGAIN * 2 ** (attempts - 3) if attempts > 3 else timedelta(0)
