"""Which CRM record is which Xero record, and what both sides last agreed on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select, update

from ledger.tables import Alias, Link

CUSTOMER = "customer"
INVOICE = "invoice"
TEMPLATE = "repeating invoice"
DEAL = "deal"
# A deal's share of an invoice for several.
SHARE = "share"


# Asked for each deal, so built once.
_OF_PAIR = Link.pair == bindparam("pair")
_CUSTOMERS = select(Link.crm_id, Link.xero_id).where(
    _OF_PAIR, Link.kind == CUSTOMER, col(Link.crm_id).in_(bindparam("crm_ids", expanding=True))
)
_INVOICES = select(Link).where(
    _OF_PAIR, Link.kind == INVOICE, col(Link.xero_id).in_(bindparam("xero_ids", expanding=True))
)
_BY_CRM_ID = select(Link).where(_OF_PAIR, Link.kind == bindparam("kind"), Link.crm_id == bindparam("crm_id"))
_OF_DEAL = (
    select(Link).where(_OF_PAIR, Link.kind == INVOICE, Link.deal_id == bindparam("deal_id")).order_by(col(Link.id))
)
_MERGED_INTO = select(Alias.old_id).where(
    Alias.pair == bindparam("pair"),
    Alias.kind == bindparam("kind"),
    col(Alias.survivor).in_(bindparam("survivors", expanding=True)),
)
_SURVIVOR = select(Alias.survivor).where(
    Alias.pair == bindparam("pair"), Alias.kind == CUSTOMER, Alias.old_id == bindparam("old_id")
)


def customers(session: Session, pair: str, crm_ids: Sequence[str]) -> dict[str, str]:
    """CRM record → Xero contact, of those linked."""
    return dict(session.exec(_CUSTOMERS, params={"pair": pair, "crm_ids": list(crm_ids)}).all())


def of_customers(session: Session, pair: str, crm_ids: Sequence[str]) -> list[Link]:
    """The links of these CRM records, of those that have one; any number of them."""
    return of_kind(session, pair, CUSTOMER, col(Link.crm_id), crm_ids)


def of_contacts(session: Session, pair: str, xero_ids: Sequence[str]) -> list[Link]:
    """The links to these contacts in Xero; any number of them."""
    return of_kind(session, pair, CUSTOMER, col(Link.xero_id), xero_ids)


def of_kind(session: Session, pair: str, kind: str, column: Mapped[str], ids: Sequence[str]) -> list[Link]:
    """The links of this kind that have one of these ids in a column; any number of them, in the order they came."""
    found: list[Link] = []
    for start in range(0, len(ids), 500):
        some = column.in_(ids[start : start + 500])
        query = select(Link).where(Link.pair == pair, Link.kind == kind, some).order_by(col(Link.id))
        found += session.exec(query).all()
    return found


def invoices(session: Session, pair: str, xero_ids: Sequence[str]) -> dict[str, Link]:
    """Xero invoice → link, of those that are a deal's."""
    rows = session.exec(_INVOICES, params={"pair": pair, "xero_ids": list(xero_ids)}).all()
    return {row.xero_id: row for row in rows}


def ours(session: Session, pair: str, xero_ids: Sequence[str]) -> dict[str, datetime]:
    """Those of these invoices that are a deal's, and since when; any number of them."""
    found: dict[str, datetime] = {}
    for start in range(0, len(xero_ids), 500):
        some = col(Link.xero_id).in_(xero_ids[start : start + 500])
        rows = select(Link.xero_id, Link.created_at).where(Link.pair == pair, Link.kind == INVOICE, some)
        found |= dict(session.exec(rows).all())
    return found


def of_deal(session: Session, pair: str, deal_id: str) -> Sequence[Link]:
    """The invoices of one deal, oldest first."""
    return session.exec(_OF_DEAL, params={"pair": pair, "deal_id": deal_id}).all()


def of_deals(session: Session, pair: str, deal_ids: Sequence[str]) -> list[Link]:
    """The invoices of these deals; any number of them."""
    found: list[Link] = []
    for start in range(0, len(deal_ids), 500):
        some = col(Link.deal_id).in_(deal_ids[start : start + 500])
        found += session.exec(select(Link).where(Link.pair == pair, Link.kind == INVOICE, some)).all()
    return found


def link(
    session: Session, pair: str, kind: str, crm_id: str, xero_id: str, *, now: datetime, how: str, deal_id: str = ""
) -> Link:
    """Say that two records are the same, or return the link that says so; an older one to another record is moved."""
    row = session.exec(_BY_CRM_ID, params={"pair": pair, "kind": kind, "crm_id": crm_id}).first()
    if row is None:
        row = Link(pair=pair, kind=kind, crm_id=crm_id, xero_id=xero_id, deal_id=deal_id, how=how, created_at=now)
    row.xero_id = xero_id
    row.how = how
    session.add(row)
    session.flush()
    return row


def unlink(session: Session, pair: str, kind: str, crm_id: str) -> None:
    row = session.exec(_BY_CRM_ID, params={"pair": pair, "kind": kind, "crm_id": crm_id}).first()
    if row is not None:
        session.delete(row)
        session.flush()


def merge_customers(session: Session, pair: str, old: Sequence[str], survivor: str) -> bool:
    """Remember that these CRM records ("company:5") live on in another, which is the contact that they were.

    Where they were several contacts, and it is none of them, nothing says which. What was agreed is forgotten: the
    survivor says what it says. True if it has become linked.
    """
    gone = [ref for ref in old if ref != survivor]
    for ref in gone:
        session.merge(Alias(pair=pair, kind=CUSTOMER, old_id=ref, survivor=survivor))
    rows = of_customers(session, pair, [*gone, survivor])
    own = [row for row in rows if row.crm_id == survivor]
    if own or len({row.xero_id for row in rows}) != 1:
        return False
    rows[0].crm_id, rows[0].agreed = survivor, "{}"
    session.add(rows[0])
    session.flush()
    return True


def living(session: Session, pair: str, refs: Sequence[str]) -> dict[str, str]:
    """Those of these CRM records that were merged → what they live on in; a circle leads nowhere."""
    found: dict[str, str] = {}
    for ref in refs:
        at, passed = ref, {ref}
        while (survivor := _survivor(session, pair, at)) is not None and survivor not in passed:
            passed.add(survivor)
            at = survivor
        if at != ref and survivor is None:
            found[ref] = at
    return found


def former(session: Session, pair: str, refs: Sequence[str]) -> dict[str, list[str]]:
    """Those of these CRM records that others were merged into → all that live on in them."""
    found: dict[str, list[str]] = {}
    for ref in refs:
        seen, todo = [ref], [ref]
        while todo:
            todo = [old for old in _merged_into(session, pair, CUSTOMER, todo) if old not in seen]
            seen += todo
        if len(seen) > 1:
            found[ref] = seen[1:]
    return found


def follow(session: Session, row: Link, xero_id: str) -> None:
    """The contact was merged into another: what was agreed with the old one says nothing of it."""
    row.xero_id, row.agreed = xero_id, "{}"
    session.add(row)


def agree(session: Session, row: Link, values: Mapping[str, str]) -> None:
    """Remember what both sides now say, after the write succeeded."""
    row.agreed = json.dumps(agreed(row) | dict(values), sort_keys=True, ensure_ascii=False)
    session.add(row)


def agreed(row: Link) -> dict[str, str]:
    """What both sides said when last made equal, field by field."""
    return json.loads(row.agreed)


def merge_deals(session: Session, pair: str, old_ids: Sequence[str], survivor: str) -> None:
    """Remember that these deals live on in another, which is told about their invoices from here on."""
    for old in old_ids:
        if old != survivor:
            session.merge(Alias(pair=pair, kind=DEAL, old_id=old, survivor=survivor))
    session.exec(
        update(Link)
        .where(col(Link.pair) == pair, col(Link.kind) == INVOICE, col(Link.deal_id).in_(old_ids))
        .values(deal_id=survivor)
    )


def merged(session: Session, pair: str, ids: Sequence[str]) -> set[str]:
    """Those of these deals that live on in another."""
    found = select(Alias.old_id).where(Alias.pair == pair, Alias.kind == DEAL, col(Alias.old_id).in_(ids))
    return set(session.exec(found).all())


def first_of(session: Session, pair: str, survivor: str) -> Sequence[str]:
    """The deals that were merged into this one, itself first."""
    seen, todo = [survivor], [survivor]
    while todo:
        todo = [old for old in _merged_into(session, pair, DEAL, todo) if old not in seen]
        seen.extend(todo)
    return seen


def _merged_into(session: Session, pair: str, kind: str, survivors: Sequence[str]) -> Sequence[str]:
    session.flush()
    asked = {"pair": pair, "kind": kind, "survivors": list(survivors)}
    return session.connection().execute(_MERGED_INTO, asked).scalars().all()


def _survivor(session: Session, pair: str, old_id: str) -> str | None:
    session.flush()
    return session.connection().execute(_SURVIVOR, {"pair": pair, "old_id": old_id}).scalar()
