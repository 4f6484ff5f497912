"""Deals whose customer was merged into another since they were invoiced: only an id changed, and nothing is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.deals import fingerprint
from domain.records import Customer, CustomerRef, Deal
from ledger import inbox, links, memory, outbox
from ledger.session import Session
from ledger.tables import Effect
from stages import deals_ledger
from stages.aligning import ref_of
from stages.contacts import follow_merged
from stages.pair import Pair

# Before a customer's reference, in what is remembered.
SUPPOSED = "perhaps "


def restate(pair: Pair, billed: Sequence[tuple[Deal, str]], contacts: Mapping[str, str]) -> bool:
    """Take the invoices of such deals as made for the survivor; whether there was one.

    ``billed`` are deals as the payers of their milestones have them. ``contacts`` are the payers' contacts in Xero now,
    by ``deals_ledger.key``: an invoice made out to another one is left for people to look at.
    """
    if pair.crm.hides_merges:
        _learn_hidden(pair, billed, contacts)
    with pair.ledger.read() as session:
        former = links.former(session, pair.name, sorted({str(d.customer) for d, _ in billed if d.customer}))
    moved = [(deal, of, former[str(deal.customer)]) for deal, of in billed if str(deal.customer) in former]
    if not moved:
        return False
    with pair.ledger.write() as session:
        found = [
            (deal, effect)
            for deal, milestone, refs in moved
            for effect in deals_ledger.invoices_of(session, pair, deal, milestone)
            if effect.contact_id == contacts.get(deals_ledger.key(deal.id, milestone))
            and _is_only_renamed(deal, effect, refs)
        ]
        for deal, effect in found:
            effect.why = outbox.text_of(outbox.facts(effect.why) | {"billed": fingerprint(deal)})
            session.add(effect)
    return bool(found)


def learn(pair: Pair, billed: Mapping[str, tuple[Deal, str]], refs: Mapping[str, CustomerRef]) -> None:
    """Where invoiced deals seem to have changed: whether their payers are merely what others were merged into.

    Both are by ``deals_ledger.key``; ``refs`` are the payers now.
    """
    asked = [refs[key] for key in billed if key in refs]
    if not asked:
        return
    before = _billed_before(pair, list(billed.values()))
    olds = {old for refs_before in before.values() for old in refs_before}
    records = pair.crm.customers(list(dict.fromkeys([*asked, *map(ref_of, sorted(olds))])))
    with pair.ledger.write() as session:
        follow_merged(session, pair, records)
        gone = olds - {str(each.ref) for each in records} if pair.crm.hides_merges else set[str]()
        contacts = links.customers(session, pair.name, sorted(gone))
        for ref, refs_before in before.items():
            if found := sorted({contacts[old] for old in refs_before if old in contacts}):
                waiting = sorted({deal.id for deal, _ in billed.values() if deal.customer == ref})
                text = json.dumps({"contacts": found, "deals": waiting})
                memory.remember(session, pair.name, f"{SUPPOSED}{ref}", text, pair.now())


def supposed(session: Session, pair: Pair, ref: CustomerRef) -> list[str]:
    """Contacts of customers that the CRM shows no more, whose invoiced deals went to this one: it may be a merge."""
    return _supposed(session, pair, ref).get("contacts", [])


def answered(pair: Pair, refs: Sequence[CustomerRef]) -> None:
    """A person said who these are: the deals that something was supposed from are looked at again."""
    with pair.ledger.write() as session:
        for ref in refs:
            inbox.notice(session, pair.name, inbox.DEALS, _supposed(session, pair, ref).get("deals", []), pair.now())
            memory.forget(session, pair.name, f"{SUPPOSED}{ref}")


def _supposed(session: Session, pair: Pair, ref: CustomerRef) -> dict[str, list[str]]:
    text = memory.recall(session, pair.name, f"{SUPPOSED}{ref}", now=pair.now(), for_=memory.FOR_EVER)
    return json.loads(text or "{}")


def _learn_hidden(pair: Pair, billed: Sequence[tuple[Deal, str]], contacts: Mapping[str, str]) -> None:
    """Where the CRM hides merges: a customer that it shows no more, and whose invoiced deal is now another's who is
    proven to be the same contact, lives on in that other.
    """
    moved = _billed_before(pair, billed, contacts)
    asked = [ref_of(old) for refs in moved.values() for old in refs]
    if not asked:
        return
    there = {str(each.ref) for each in pair.crm.customers(asked)}
    gone = {ref: tuple(ref_of(old).id for old in refs if old not in there) for ref, refs in moved.items()}
    with pair.ledger.write() as session:
        follow_merged(session, pair, [Customer(ref, "", merged_ids=old) for ref, old in gone.items() if old])


def _billed_before(
    pair: Pair, billed: Sequence[tuple[Deal, str]], contacts: Mapping[str, str] | None = None
) -> dict[CustomerRef, list[str]]:
    """Customers that were billed for these very deals, by those who pay them now; with ``contacts`` only where these
    are the contact billed.
    """
    found: dict[CustomerRef, list[str]] = {}
    with pair.ledger.read() as session:
        for deal, milestone in billed:
            for effect in deals_ledger.invoices_of(session, pair, deal, milestone):
                to = effect.contact_id or ""
                other = contacts is not None and to != contacts.get(deals_ledger.key(deal.id, milestone))
                if deal.customer is None or not to or other:
                    continue
                if not _is_only_renamed(deal, effect, [str(deal.customer)]):
                    refs = [row.crm_id for row in links.of_contacts(session, pair.name, [to])]
                    found.setdefault(deal.customer, []).extend(r for r in refs if _is_only_renamed(deal, effect, [r]))
    return found


def _is_only_renamed(deal: Deal, effect: Effect, refs: Sequence[str]) -> bool:
    """Whether the deal was invoiced as it is, under an id that its customer had before."""
    billed, kind = outbox.facts(effect.why).get("billed"), deal.customer.kind if deal.customer else "company"
    before = (replace(deal, customer=CustomerRef(kind, ref.partition(":")[2])) for ref in refs)
    return any(fingerprint(each) == billed for each in before)
