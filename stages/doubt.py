"""What is told in doubt: an earlier telling, whose answer was lost, may still arrive and undo what was told since; one
that never gets an answer has others doubted that go with it; and what Xero's lists say of an invoice may be older than
what its own answer said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.records import Invoice
from ledger import inbox, links, outbox
from ledger.session import Session
from ledger.tables import Effect, Link
from stages.pair import Pair
from stages.trying import LOOK_AGAIN, TRIES

# Beside the deal's own fields in ``Link.agreed``; the spaces keep them apart from any field's name.
UNTIL = "told in doubt until"
AS_OF = "told as of"
SPOILS = "told without an answer"
# What a field says that may have been undone: nothing that it is told is the same, empty neither.
UNSURE = "\0"
ARRIVES_WITHIN = timedelta(minutes=21)
SHOWN_WITHIN = timedelta(minutes=1)


def is_over(told: Mapping[str, str], now: datetime) -> bool:
    """Whether nothing can arrive late any more, so that all is to be told once more."""
    until = told.get(UNTIL, "")
    return bool(until) and datetime.fromisoformat(until) <= now


def begin(session: Session, pair: Pair, row: Link, *, late: bool) -> None:
    """What was told may be undone; ``late``: just now, by a worker that others had given up."""
    until = pair.now() + (LOOK_AGAIN if late else ARRIVES_WITHIN)
    links.agree(session, row, {UNTIL: until.isoformat()})
    settle(session, pair, row)


def settle(session: Session, pair: Pair, row: Link) -> None:
    """Look at the invoice again when the doubt is over; end it once it is."""
    told = links.agreed(row)
    if is_over(told, pair.now()):
        links.agree(session, row, {UNTIL: ""})
    elif until := told.get(UNTIL, ""):
        inbox.notice(session, pair.name, inbox.INVOICES, [row.xero_id], pair.now())
        session.flush()
        inbox.later(session, pair.name, inbox.INVOICES, [row.xero_id], datetime.fromisoformat(until))


def is_stale(session: Session, pair: Pair, row: Link, invoice: Invoice) -> bool:
    """Whether the deal was told of a later version of its invoice, which lists don't show yet: it is read again soon.

    Else it is told of this one from here on.
    """
    told, read = links.agreed(row).get(AS_OF, ""), invoice.updated_at
    if read is None or not told or read >= datetime.fromisoformat(told):
        links.agree(session, row, {AS_OF: read.isoformat() if read else told})
        return False
    inbox.notice(session, pair.name, inbox.INVOICES, [row.xero_id], pair.now())
    session.flush()
    inbox.later(session, pair.name, inbox.INVOICES, [row.xero_id], pair.now() + SHOWN_WITHIN)
    return True


def spoils(session: Session, effect: Effect) -> None:
    """A telling is given up: where the CRM never answered, what its deal is told next goes alone till it does."""
    row = session.get(Link, outbox.facts(effect.plan)["link"])
    if row is not None and effect.attempts >= TRIES:
        links.agree(session, row, {SPOILS: "yes"})


def goes_alone(effect: Effect) -> bool:
    """Whether there was no answer to it before, or to what its deal was told last."""
    return effect.attempts > outbox.TOGETHER or outbox.ALONE in outbox.facts(effect.outcome)


def alone(row: Link) -> str:
    """What is known of a telling before it is tried: that it goes alone, or nothing."""
    return outbox.text_of({outbox.ALONE: True} if links.agreed(row).get(SPOILS) else {})


def heard(row: Link) -> dict[str, str]:
    """What there was an answer to goes with others again."""
    return {SPOILS: ""} if links.agreed(row).get(SPOILS) else {}
