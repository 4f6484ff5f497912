"""The CRM's own customers by their keys, kept up to date as they change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from ledger import customers, inbox, memory
from ledger.session import Session
from stages.aligning import ref_of
from stages.gather import Progress, quietly
from stages.pair import Pair

STREAM = "crm index"
# What was read last, since the next list begins with it again.
READ = "crm index read"
OVERLAPPING = 1000
EVER = datetime(1970, 1, 1, tzinfo=UTC)


def refresh(pair: Pair, progress: Progress = quietly, most: int = 0) -> None:
    """Take in the companies and persons that changed since the last time, at first all; goes on where it stopped.

    ``most``: stop after so many.
    """
    with pair.ledger.read() as session:
        cursor = inbox.cursor(session, pair.name, STREAM)
        text = memory.recall(session, pair.name, READ, now=pair.now(), for_=memory.FOR_EVER)
    known: dict[str, str] = json.loads(text or "{}")
    count = 0
    for page in pair.crm.changed_customers(cursor, EVER):
        refs = sorted(ref for ref, version in page.versions.items() if not version or known.get(ref) != version)
        found = pair.crm.customers([ref_of(ref) for ref in refs]) if refs else []
        there = {str(each.ref) for each in found}
        known = dict([*known.items(), *page.versions.items()][-OVERLAPPING:])
        with pair.ledger.write() as session:
            customers.put_crm(session, pair.name, found, [ref for ref in refs if ref not in there])
            inbox.move_cursor(session, pair.name, STREAM, page.cursor)
        count += len(refs)
        progress("customers of the CRM", count, 0)
        if most and count >= most:
            break
    with pair.ledger.write() as session:
        memory.remember(session, pair.name, READ, json.dumps(known), pair.now())


def forget(session: Session, pair: str, now: datetime, unread_for: timedelta) -> int:
    """Their keys, where nobody wanted them for so long: they are all read again once somebody does. How many."""
    if memory.recall(session, pair, READ, now=now, for_=unread_for) is not None:
        return 0
    memory.forget(session, pair, READ)
    inbox.move_cursor(session, pair, STREAM, "")
    return customers.drop_crm(session, pair)
