"""What the ledger knows of a deal, under its own id and under those that were merged into it."""

from __future__ import annotations

from collections.abc import Sequence

from domain.checking import UNDONE
from domain.records import Deal
from ledger import links, outbox
from ledger.session import Session
from ledger.tables import Effect
from stages.pair import Pair

FULL = "full"


def ids_of(session: Session, pair: Pair, deal: Deal) -> Sequence[str]:
    """The deal's id and all that live on in it."""
    known = links.first_of(session, pair.name, deal.id)
    return [*known, *(i for i in deal.merged_ids if i not in known)]


def invoices_of(session: Session, pair: Pair, deal: Deal, milestone: str = FULL) -> Sequence[Effect]:
    """The invoice effects of a deal's milestone: none, one, or several where deals were merged after each had one.

    Of each the latest generation; one whose invoice was taken back counts no more.
    """
    return of_ids(session, pair, ids_of(session, pair, deal), milestone)


def of_ids(session: Session, pair: Pair, deal_ids: Sequence[str], milestone: str = FULL) -> Sequence[Effect]:
    """The same for deals by id, those that can't be read any more too."""
    found: dict[str, Effect] = {}
    generation, left = 1, list(deal_ids)
    while left:
        by_deal = {identity(pair, i, milestone, generation): i for i in left}
        effects = outbox.by_identity(session, list(by_deal))
        found |= {by_deal[key]: effect for key, effect in effects.items() if not is_ended(effect)}
        left = [by_deal[key] for key, effect in effects.items() if is_ended(effect)]
        generation += 1
    return [found[i] for i in deal_ids if i in found]


def is_ended(effect: Effect) -> bool:
    """Whether its invoice was taken back and makes room for another."""
    ended = effect.goal in outbox.ENDS and effect.state == "posted"
    return ended and outbox.facts(effect.outcome).get("status") in UNDONE


def next_identity(session: Session, pair: Pair, deal_id: str, milestone: str = FULL) -> str:
    """The identity of a deal's next invoice."""
    generation = 1
    while outbox.by_identity(session, [identity(pair, deal_id, milestone, generation)]):
        generation += 1
    return identity(pair, deal_id, milestone, generation)


def identity(pair: Pair, deal_id: str, milestone: str = FULL, generation: int = 1) -> str:
    """Which invoice of which deal, in whatever pair."""
    return outbox.invoice_identity(pair.crm.system, pair.crm.account, deal_id, milestone, generation)
