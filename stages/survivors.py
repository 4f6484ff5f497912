"""Deals whose customer was merged into another since they were invoiced: only an id changed, and nothing is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.deals import fingerprint
from domain.records import CustomerRef, Deal
from ledger import links, outbox
from ledger.tables import Effect
from stages import deals_ledger
from stages.pair import Pair


def restate(pair: Pair, billed: Sequence[tuple[Deal, str]], contacts: Mapping[str, str]) -> bool:
    """Take the invoices of such deals as made for the survivor; whether there was one.

    ``billed`` are deals as the payers of their milestones have them. ``contacts`` are the payers' contacts in Xero now,
    by ``deals_ledger.key``: an invoice made out to another one is left for people to look at.
    """
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


def _is_only_renamed(deal: Deal, effect: Effect, refs: Sequence[str]) -> bool:
    """Whether the deal was invoiced as it is, under an id that its customer had before."""
    billed, kind = outbox.facts(effect.why).get("billed"), deal.customer.kind if deal.customer else "company"
    before = (replace(deal, customer=CustomerRef(kind, ref.partition(":")[2])) for ref in refs)
    return any(fingerprint(each) == billed for each in before)
