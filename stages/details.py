"""Customer details, both ways: which customers changed, and all of them compared.

What is decided is decided from both records as they were read a moment ago, and written at once. An intention that was
not carried out, or whose answer was lost, is not repeated: the customer is looked at again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from domain.likeness import ACTIVE
from domain.records import XeroContact
from ledger import audit, inbox, links, memory, outbox, reviews
from ledger.memory import FOR_EVER
from ledger.tables import Link
from stages.aligning import KINDS, Aligned, Couple, aligned, couples, look_again, places, settle
from stages.capture import giving_back, take
from stages.contacts import refresh_index, take_in
from stages.match import JUST_NOW
from stages.pair import Pair

RULES = "details"


# ── notice ──


def notice(pair: Pair) -> bool:
    """Ask both sides which of the linked customers changed; False where the mapping keeps no details the same."""
    if not pair.rules.details:
        return False
    take_up(pair)
    if not pair.contacts_are_fresh(JUST_NOW):
        refresh_index(pair)
    with pair.ledger.read() as session:
        cursor = inbox.cursor(session, pair.name, inbox.CRM_CUSTOMERS)
    for page in pair.crm.changed_customers(cursor):
        with pair.ledger.write() as session:
            linked = {row.crm_id for row in links.of_customers(session, pair.name, list(page.versions))}
            stamps = {ref: version for ref, version in page.versions.items() if ref in linked}
            fresh = inbox.fresh(session, pair.name, inbox.CRM_CUSTOMERS, stamps, pair.now())
            inbox.notice(session, pair.name, inbox.DETAILS, fresh, pair.now())
            inbox.move_cursor(session, pair.name, inbox.CRM_CUSTOMERS, page.cursor)
    return True


def take_up(pair: Pair) -> None:
    """Intentions that an earlier run left behind: the ground they stood on may have moved, so it is looked at again."""
    with pair.ledger.write() as session:
        for kind in KINDS.values():
            for effect in outbox.due(session, pair.name, [kind], pair.now(), 1000):
                look_again(session, pair, effect, effect.state)


def rules_changed(pair: Pair) -> bool:
    """Whether the details to be kept the same are others than when all customers were last compared."""
    with pair.ledger.read() as session:
        return memory.recall(session, pair.name, RULES, now=pair.now(), for_=FOR_EVER) != _rules(pair)


def _rules(pair: Pair) -> str:
    return json.dumps([rule.model_dump() for rule in pair.rules.details])


# ── decide ──


def decide(pair: Pair) -> list[Aligned] | None:
    """Decide the next customers of the inbox, up to fifty in two calls; None when there are none left."""
    taken = take(pair, inbox.DETAILS)
    if not taken:
        return None
    with giving_back(pair, inbox.DETAILS, taken):
        found, waiting = _read(pair, taken)
        keeps = places(pair, found)
    decided = [made for couple in found if (made := settle(pair, couple, keeps))]
    done = set(taken) - {couple.row.crm_id for couple in found} - waiting
    with pair.ledger.write() as session:
        inbox.give_back(session, pair.name, inbox.DETAILS, sorted(waiting))
        for ref in sorted(done):
            inbox.handled(session, pair.name, inbox.DETAILS, ref, taken[ref])
    return decided


def _read(pair: Pair, taken: Mapping[str, int]) -> tuple[list[Couple], set[str]]:
    """Both records of each link, and those customers that have to wait: of several that are one contact, one a time."""
    with pair.ledger.read() as session:
        found = links.of_customers(session, pair.name, sorted(taken))
    rows = {row.xero_id: row for row in reversed(found)}
    linked = {row.crm_id for row in found}
    contacts = {contact.id: contact for contact in pair.xero.contacts(sorted(rows))} if rows else {}
    return list(couples(pair, rows.values(), contacts, taken)), linked - {row.crm_id for row in rows.values()}


# ── compare ──


def compare(pair: Pair) -> Iterator[list[Aligned]]:
    """Hold both sides of every link against each other, a thousand contacts in a call; what differs, page by page."""
    for page in pair.xero.contacts_changed(None):
        with pair.ledger.write() as session:
            take_in(session, pair, page)
            rows = links.of_contacts(session, pair.name, [contact.id for contact in page])
        one_of_each = {row.xero_id: row for row in reversed(rows)}
        contacts = {contact.id: contact for contact in page}
        found = list(couples(pair, one_of_each.values(), contacts, {}))
        keeps = places(pair, found)
        with pair.ledger.read() as session:
            asked = {item.subject for item in reviews.opened(session, pair.name)}
        worth = [c for c in found if f"customer:{c.row.crm_id}" in asked or aligned(pair, c, c.row, keeps, {})]
        yield [made for couple in worth if (made := settle(pair, couple, keeps))] + _gone(
            pair, one_of_each, found, contacts
        )
        with pair.ledger.write() as session:
            others = {row.crm_id for row in rows} - {row.crm_id for row in one_of_each.values()}
            inbox.notice(session, pair.name, inbox.DETAILS, others, pair.now())
    with pair.ledger.write() as session:
        memory.remember(session, pair.name, RULES, _rules(pair), pair.now())
        audit.record(session, pair.name, pair.now(), "pair", "details compared")


def _gone(
    pair: Pair, rows: Mapping[str, Link], found: Sequence[Couple], contacts: Mapping[str, XeroContact]
) -> list[Aligned]:
    """Customers of contacts in use that the CRM has no more, and that live on in no other."""
    there = {couple.row.crm_id for couple in found}
    missing = [row for row in rows.values() if row.crm_id not in there and contacts[row.xero_id].status == ACTIVE]
    with pair.ledger.read() as session:
        merged = links.living(session, pair.name, [row.crm_id for row in missing])
    return [
        Aligned(row.crm_id, row.xero_id, {"the record": "gone from the CRM"})
        for row in missing
        if row.crm_id not in merged
    ]
