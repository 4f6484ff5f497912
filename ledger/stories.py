"""Everything the trail says about one deal: itself, whoever is billed for it, the questions it waited for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from ledger import customers, inbox, links, months, reviews, seen
from ledger.desk_tables import InvoiceSeen, Seen
from ledger.tables import AuditEntry, ReviewItem


@dataclass(frozen=True, slots=True)
class Story:
    """One deal's entries, oldest first, with the questions they name by number; ``payers``: contact in Xero → name."""

    deal: Seen | None
    merged: Sequence[str]
    invoices: Sequence[InvoiceSeen]
    entries: Sequence[AuditEntry]
    items: dict[int, ReviewItem]
    payers: dict[str, str]


def of_deal(session: Session, pair: str, deal_id: str) -> Story:
    """The story of a deal; empty where nothing is known of it."""
    ids = list(links.first_of(session, pair, deal_id))
    deal = seen.deals(session, pair, [deal_id]).get(deal_id)
    month = months.month_of(session, pair, deal_id)
    ids += [month] if month else []
    made = [row for each in (deal_id, month) if each for row in links.of_deal(session, pair, each)]
    items: dict[int, ReviewItem] = {}
    for stream, records in ((inbox.DEALS, ids), (inbox.INVOICES, [row.xero_id for row in made])):
        for record in records:
            items |= {i.id: i for i in reviews.concerning(session, pair, stream, record) if i.id is not None}
    own = {f"deal:{i}" for i in ids} | {f"invoice:{row.xero_id}" for row in made}
    if deal is not None and deal.customer:
        own.add(f"customer:{deal.customer}")
    entries = _entries(session, pair, sorted(own | {item.subject for item in items.values()}))
    kept = [entry for entry in entries if entry.subject in own or _item_of(entry) in items]
    named = {number for entry in kept if (number := _item_of(entry))} - set(items)
    items |= {i.id: i for number in named if (i := reviews.find(session, number)) and i.id is not None}
    invoices = seen.invoices(session, pair, ids)
    payers = customers.named(session, pair, sorted({invoice.contact_id for invoice in invoices}))
    return Story(deal, [i for i in ids[1:] if i != month], invoices, kept, items, payers)


def _entries(session: Session, pair: str, subjects: Sequence[str]) -> Sequence[AuditEntry]:
    return session.exec(
        select(AuditEntry)
        .where(AuditEntry.pair == pair, col(AuditEntry.subject).in_(subjects))
        .order_by(col(AuditEntry.seq))
    ).all()


def _item_of(entry: AuditEntry) -> int:
    """The number of the question an entry names, 0 for none."""
    number = json.loads(entry.details).get("item")
    return number if isinstance(number, int) else 0
