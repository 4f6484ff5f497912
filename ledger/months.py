"""Which deals go on which month's invoice."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from domain.consolidating import is_month
from ledger.links import SHARE, of_kind
from ledger.month_tables import OfMonth
from ledger.tables import Link
from ledger.upsert import put


def join(session: Session, pair: str, deal_id: str, month: str) -> None:
    """The deal goes on this invoice, and on no other."""
    put(session, OfMonth, [{"pair": pair, "deal_id": deal_id, "month": month}])


def leave(session: Session, pair: str, deal_id: str) -> None:
    row = session.get(OfMonth, (pair, deal_id))
    if row is not None:
        session.delete(row)
        session.flush()


def month_of(session: Session, pair: str, deal_id: str) -> str:
    """The invoice that a deal waits for or is on, "" for none."""
    return session.connection().execute(_MONTH_OF, {"pair": pair, "deal_id": deal_id}).scalar() or ""


_MONTH_OF = select(OfMonth.month).where(OfMonth.pair == bindparam("pair"), OfMonth.deal_id == bindparam("deal_id"))


def of_deals(session: Session, pair: str, deal_ids: Sequence[str]) -> dict[str, str]:
    """Deal → the invoice that it waits for or is on; any number of them."""
    found: dict[str, str] = {}
    for start in range(0, len(deal_ids), 500):
        some = col(OfMonth.deal_id).in_(deal_ids[start : start + 500])
        found |= dict(session.exec(select(OfMonth.deal_id, OfMonth.month).where(OfMonth.pair == pair, some)).all())
    return found


def deals_of(session: Session, pair: str, month: str) -> Sequence[str]:
    """The deals that go on an invoice, in the order of their ids."""
    rows = select(OfMonth.deal_id).where(OfMonth.pair == pair, OfMonth.month == month).order_by(col(OfMonth.deal_id))
    return session.exec(rows).all()


def those_of(session: Session, pair: str, deal_id: str) -> Sequence[str]:
    """The deals of an invoice; a deal that is none stands for itself."""
    return deals_of(session, pair, deal_id) if is_month(deal_id) else [deal_id]


def names(session: Session, pair: str) -> Sequence[str]:
    """All invoices that deals wait for or are on."""
    return session.exec(select(OfMonth.month).where(OfMonth.pair == pair).distinct().order_by(OfMonth.month)).all()


def merge(session: Session, pair: str, old_ids: Sequence[str], survivor: str) -> None:
    """These deals live on in another, which goes where they went unless it goes elsewhere."""
    for old in old_ids:
        month = month_of(session, pair, old)
        leave(session, pair, old)
        if month and not month_of(session, pair, survivor):
            join(session, pair, survivor, month)


def told_of(session: Session, pair: str, xero_ids: Sequence[str]) -> list[Link]:
    """The links of deals that were told of their shares of these invoices; any number of them."""
    return of_kind(session, pair, SHARE, col(Link.xero_id), xero_ids)


def shares_of(session: Session, pair: str, deal_ids: Sequence[str]) -> list[Link]:
    """The same of these deals."""
    return of_kind(session, pair, SHARE, col(Link.crm_id), deal_ids)
