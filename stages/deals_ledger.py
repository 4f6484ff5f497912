"""What the ledger knows of a deal, under its own id and under those that were merged into it."""

from __future__ import annotations

from collections.abc import Sequence

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
    """The invoice effects of a deal's milestone: none, one, or several where deals were merged after each had one."""
    identities = [identity(pair, i, milestone) for i in ids_of(session, pair, deal)]
    found = outbox.by_identity(session, identities)
    return [found[i] for i in identities if i in found]


def identity(pair: Pair, deal_id: str, milestone: str = FULL, generation: int = 1) -> str:
    """Which invoice of which deal, in whatever pair."""
    return outbox.invoice_identity(pair.crm.system, pair.crm.account, deal_id, milestone, generation)
