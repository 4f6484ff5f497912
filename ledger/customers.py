"""The keys of every Xero contact, so that matching a customer costs no call; and those of the CRM's customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sqlmodel import Session, col, delete, func, or_, select

from domain.likeness import ACTIVE, CustomerKeys, IndexedContact, indexed, indexed_customer
from domain.records import Customer, XeroContact
from ledger import upsert
from ledger.crm_tables import CrmIndex
from ledger.tables import CustomerIndex

Index: TypeAlias = type[CustomerIndex] | type[CrmIndex]


def put(session: Session, pair: str, contacts: Sequence[XeroContact]) -> None:
    """Take in contacts as read just now."""
    upsert.put(
        session, CustomerIndex, [{**_row(pair, indexed(contact)), "terms": contact.terms} for contact in contacts]
    )


def put_crm(session: Session, pair: str, found: Sequence[Customer], gone: Sequence[str]) -> None:
    """Take in companies and persons of the CRM as read just now; ``gone`` are those that can't be read any more."""
    upsert.put(session, CrmIndex, [_row(pair, indexed_customer(each)) for each in found if not each.archived])
    away = [*gone, *(str(each.ref) for each in found if each.archived)]
    away += [f"{each.ref.kind}:{old}" for each in found for old in each.merged_ids]
    for start in range(0, len(away), 500):
        some = col(CrmIndex.xero_id).in_(away[start : start + 500])
        session.exec(delete(CrmIndex).where(col(CrmIndex.pair) == pair, some))


def drop_crm(session: Session, pair: str) -> int:
    """Forget all companies and persons of the CRM; how many there were."""
    return session.exec(delete(CrmIndex).where(col(CrmIndex.pair) == pair)).rowcount


def candidates(
    session: Session, pair: str, keys: CustomerKeys, index: Index = CustomerIndex, also: Sequence[str] = ()
) -> list[IndexedContact]:
    """Contacts that bear any of these keys or ids, and those that merged ones were merged into."""
    found = {
        row.xero_id: row
        for row in session.exec(
            select(index).where(
                index.pair == pair,
                or_(
                    col(index.abn).in_(keys.abns),
                    col(index.acn).in_(keys.acns),
                    col(index.email_key).in_(keys.emails),
                    col(index.name_key).in_(keys.names),
                ),
            )
        ).all()
    }
    todo = {*also, *(row.merged_to for row in found.values() if row.merged_to)} - set(found)
    while todo:
        more = _rows(session, pair, sorted(todo))
        found |= {row.xero_id: row for row in more}
        todo = {row.merged_to for row in more if row.merged_to} - set(found)
    return [_contact(row) for _, row in sorted(found.items())]


def everybody(session: Session, pair: str, index: Index = CustomerIndex) -> list[IndexedContact]:
    """All of them that are there to be invoiced."""
    rows = session.exec(select(index).where(index.pair == pair, index.status == ACTIVE).order_by(col(index.xero_id)))
    return [_contact(row) for row in rows]


def named(session: Session, pair: str, xero_ids: Sequence[str]) -> dict[str, str]:
    """Xero contact → name, of those in the index."""
    return {row.xero_id: row.name for row in _rows(session, pair, xero_ids)}


def known(session: Session, pair: str, xero_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Xero contact → name and its own payment terms, of those in the index."""
    return {row.xero_id: (row.name, row.terms) for row in _rows(session, pair, xero_ids)}


def statuses(session: Session, pair: str, xero_ids: Sequence[str]) -> dict[str, str]:
    """Xero contact → its status, of those in the index; any number of them."""
    rows = (
        row for start in range(0, len(xero_ids), 500) for row in _rows(session, pair, xero_ids[start : start + 500])
    )
    return {row.xero_id: row.status for row in rows}


def invoiceable(session: Session, pair: str, xero_ids: Sequence[str]) -> dict[str, str]:
    """Contact → itself, or the one it was merged into. An archived one is left out, one not in the index trusted."""
    found: dict[str, str] = {}
    rows: dict[str, CustomerIndex] = {}
    todo = set(xero_ids)
    while todo:
        rows |= {row.xero_id: row for row in _rows(session, pair, sorted(todo))}
        todo = {row.merged_to for row in rows.values() if row.merged_to} - set(rows) - todo
    for start in xero_ids:
        at, seen = start, {""}
        while at in rows and rows[at].merged_to not in seen:
            seen.add(at)
            at = rows[at].merged_to
        if at not in rows or rows[at].status == ACTIVE:
            found[start] = at
    return found


def count(session: Session, pair: str) -> int:
    return session.exec(select(func.count()).select_from(CustomerIndex).where(CustomerIndex.pair == pair)).one()


def _rows(session: Session, pair: str, xero_ids: Sequence[str]) -> Sequence[CustomerIndex]:
    return session.exec(
        select(CustomerIndex).where(CustomerIndex.pair == pair, col(CustomerIndex.xero_id).in_(xero_ids))
    ).all()


def _row(pair: str, keys: IndexedContact) -> dict[str, str]:
    return {
        "pair": pair,
        "xero_id": keys.xero_id,
        "name": keys.name,
        "name_key": keys.name_key,
        "suffix_class": keys.suffix_class,
        "email_key": keys.email_key,
        "abn": keys.abn,
        "acn": keys.acn,
        "phone_key": keys.phone_key,
        "postcode": keys.postcode,
        "domain": keys.domain,
        "status": keys.status,
        "merged_to": keys.merged_to,
    }


def _contact(row: CustomerIndex | CrmIndex) -> IndexedContact:
    return IndexedContact(
        xero_id=row.xero_id,
        name=row.name,
        name_key=row.name_key,
        suffix_class=row.suffix_class,
        email_key=row.email_key,
        abn=row.abn,
        acn=row.acn,
        phone_key=row.phone_key,
        postcode=row.postcode,
        domain=row.domain,
        status=row.status,
        merged_to=row.merged_to,
    )
