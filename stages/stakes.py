"""What is at stake behind an open question: the deals that wait for it, and their money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.money import show
from ledger import inbox, links
from ledger.desk_tables import InvoiceSeen, Seen
from ledger.session import Session


@dataclass(frozen=True, slots=True)
class Stake:
    """Money in one currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return show(self.amount, self.currency)


def deals_behind(session: Session, pair: str, waiting: Sequence[tuple[str, str]]) -> list[str]:
    """The deals of records that wait: deals themselves, and those of invoices."""
    deals = [record for stream, record in waiting if stream == inbox.DEALS]
    invoices = [record for stream, record in waiting if stream == inbox.INVOICES]
    linked = links.invoices(session, pair, invoices)
    return list(dict.fromkeys([*deals, *(linked[i].deal_id for i in invoices if i in linked)]))


def stakes(deals: Sequence[Seen], made: Mapping[str, InvoiceSeen]) -> tuple[Stake, ...]:
    """What is behind deals: their invoices' totals where there are any, or else what the deals say."""
    totals: dict[str, Decimal] = {}
    for deal in deals:
        invoice = made.get(deal.id)
        amount, currency = (invoice.total, invoice.currency) if invoice else (deal.amount, deal.currency or "AUD")
        if amount:
            totals[currency] = totals.get(currency, Decimal(0)) + Decimal(amount)
    return tuple(Stake(amount, currency) for currency, amount in sorted(totals.items()))
