"""Tellings in doubt: an earlier one, whose answer was lost, may still arrive and undo what was told since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ledger import inbox, links
from ledger.session import Session
from ledger.tables import Link
from stages.pair import Pair
from stages.trying import LOOK_AGAIN

# Beside the deal's own fields in ``Link.agreed``; the spaces keep it apart from any field's name.
UNTIL = "told in doubt until"
ARRIVES_WITHIN = timedelta(minutes=21)


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
