"""Trying again: what counts as a try, how long to wait before the next, and when a person is asked instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
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


def requests(effects: Sequence[Effect]) -> list[list[Effect]]:
    """What goes out in one request: all of them, but alone what twice got no answer, or may have spoiled a request."""
    alone = [e for e in effects if e.attempts >= outbox.TOGETHER or outbox.facts(e.outcome).get(outbox.ALONE)]
    together = [e for e in effects if e not in alone]
    return ([together] if together else []) + [[e] for e in alone]


def not_sent(pair: Pair, effects: Sequence[Effect], trouble: TryLater | NotConnected) -> None:
    """Certainly nothing happened: the same request will do some other time, and this was no try."""
    again = pair.now() + timedelta(seconds=getattr(trouble, "pause", 0.0))
    with pair.ledger.write() as session:
        for effect in effects:
            outbox.move(session, effect, "sending", "planned", attempts=effect.attempts - 1, next_at=again)


def carry_out(
    pair: Pair,
    kind: str,
    system: str,
    do: Callable[[Effect], Sequence[str]],
    settle: Callable[[Effect, Sequence[str]], None],
) -> None:
    """Do what is due of a kind that may be done again, since ``do`` looks first; it says what was refused, if anything.

    ``settle`` writes that down; ``system`` is who gives the answers. What may still arrive, of a killed process
    too, is waited for before it is looked for again. Raises ``ConnectorError`` when a system stops us.
    """
    with pair.ledger.read() as session:
        due = outbox.due(session, pair.name, [kind], pair.now())
    for effect in due:
        with pair.ledger.write() as session:
            told = {"attempts": effect.attempts + 1, "sent_at": pair.now(), "next_at": pair.now() + SETTLE}
            ours = outbox.move(session, effect, effect.state, "sending", **told)
        if ours:
            settle(effect, _refused(pair, effect, system, do))


def _refused(pair: Pair, effect: Effect, system: str, do: Callable[[Effect], Sequence[str]]) -> Sequence[str]:
    try:
        return do(effect)
    except (TryLater, NotConnected) as trouble:
        not_sent(pair, [effect], trouble)
        raise
    except OutcomeUnknown:
        if effect.attempts >= TRIES:
            return [f"{system} gave no answer, {TRIES} times."]
        with pair.ledger.write() as session:
            again = pair.now() + max(growing(effect.attempts), SETTLE)
            outbox.move(session, effect, "sending", "planned", next_at=again)
        raise
    except Rejected as refusal:
        return refusal.words
    except Gone:
        return ["The deal or the invoice is no longer there."]


def growing(attempts: int) -> timedelta:
    """How long to wait before the next try: not at all after the first three, then twice as long each time."""
    return LOOK_AGAIN * 2 ** (attempts - 3) if attempts > 3 else timedelta(0)
