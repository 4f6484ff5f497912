"""The CRM's own customers by their keys, kept up to date as they change."""

from __future__ import annotations

from datetime import UTC, datetime

from ledger import customers, inbox
from stages.aligning import ref_of
from stages.gather import Progress, quietly
from stages.pair import Pair

STREAM = "crm index"
EVER = datetime(1970, 1, 1, tzinfo=UTC)


def refresh(pair: Pair, progress: Progress = quietly) -> None:
    """Take in the companies and persons that changed since the last time, at first all; goes on where it stopped."""
    with pair.ledger.read() as session:
        cursor = inbox.cursor(session, pair.name, STREAM)
    count = 0
    for page in pair.crm.changed_customers(cursor, EVER):
        refs = sorted(page.versions)
        found = pair.crm.customers([ref_of(ref) for ref in refs]) if refs else []
        known = {str(each.ref) for each in found}
        with pair.ledger.write() as session:
            customers.put_crm(session, pair.name, found, [ref for ref in refs if ref not in known])
            inbox.move_cursor(session, pair.name, STREAM, page.cursor)
        count += len(refs)
        progress("customers of the CRM", count, 0)
