"""What stands open between customers and us, whosoever made it: what is due of invoices, what is left of credits.

Kept only where the mapping has anybody told; emptied, it fills again from Xero's lists.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from sqlmodel import Session, col, delete, select

from domain.money import plain
from domain.records import CreditKind, Invoice, OpenCredit
from ledger.desk_tables import OpenPaper
from ledger.upsert import put

INVOICE = "invoice"


def put_invoices(session: Session, pair: str, invoices: Sequence[Invoice]) -> None:
    """Take in invoices as read just now: those that are settled, or no longer there, stand open no more."""
    still_open = [each for each in invoices if is_open(each)]
    put(session, OpenPaper, [_of_invoice(pair, each) for each in still_open])
    _remove(session, pair, [each.id for each in invoices if not is_open(each)])


def replace_invoices(session: Session, pair: str, invoices: Sequence[Invoice]) -> None:
    """These are all that stand open."""
    _replace(session, pair, INVOICE, [_of_invoice(pair, each) for each in invoices if is_open(each)])


def replace_credits(session: Session, pair: str, kind: CreditKind, credits_: Sequence[OpenCredit]) -> set[str]:
    """These are all of that kind; the contacts of which something differs from before."""
    before = {row.id: row for row in of_kind(session, pair, kind)}
    told = {row.id: (row.contact_id, row.amount, row.against) for row in before.values()}
    rows = [_of_credit(pair, each) for each in credits_]
    now = {str(row["id"]): (str(row["contact_id"]), str(row["amount"]), str(row["against"])) for row in rows}
    _replace(session, pair, kind, rows)
    changed = {id_ for id_ in {*told, *now} if told.get(id_) != now.get(id_)}
    return {each[0] for id_ in changed for each in (told.get(id_), now.get(id_)) if each}


def of_kind(session: Session, pair: str, kind: str) -> Sequence[OpenPaper]:
    return session.exec(select(OpenPaper).where(OpenPaper.pair == pair, OpenPaper.kind == kind)).all()


def of_pair(session: Session, pair: str) -> Sequence[OpenPaper]:
    return session.exec(select(OpenPaper).where(OpenPaper.pair == pair).order_by(col(OpenPaper.id))).all()


def overpaid_by(session: Session, pair: str, contacts: Collection[str]) -> Sequence[OpenPaper]:
    """What is left of these contacts' overpayments."""
    wanted = (OpenPaper.pair == pair, OpenPaper.kind == "overpayment", col(OpenPaper.contact_id).in_(contacts))
    return session.exec(select(OpenPaper).where(*wanted).order_by(col(OpenPaper.id))).all()


def against(row: OpenPaper) -> list[str]:
    """The invoices that took the rest of a credit."""
    return json.loads(row.against)


def is_open(invoice: Invoice) -> bool:
    """Whether something is due of it."""
    return invoice.status == "AUTHORISED" and invoice.due > 0


def _of_invoice(pair: str, invoice: Invoice) -> dict[str, object]:
    return {
        "pair": pair,
        "id": invoice.id,
        "kind": INVOICE,
        "contact_id": invoice.contact_id,
        "currency": invoice.currency,
        "amount": plain(invoice.due),
        "day": invoice.due_date,
    }


def _of_credit(pair: str, credit: OpenCredit) -> dict[str, object]:
    return {
        "pair": pair,
        "id": credit.id,
        "kind": credit.kind,
        "contact_id": credit.contact_id,
        "currency": credit.currency,
        "amount": plain(credit.left),
        "day": credit.date,
        "against": json.dumps(credit.against),
    }


def _replace(session: Session, pair: str, kind: str, rows: Sequence[dict[str, object]]) -> None:
    session.exec(delete(OpenPaper).where(col(OpenPaper.pair) == pair, col(OpenPaper.kind) == kind))
    put(session, OpenPaper, rows)


def _remove(session: Session, pair: str, ids: Sequence[str]) -> None:
    if ids:
        session.exec(delete(OpenPaper).where(col(OpenPaper.pair) == pair, col(OpenPaper.id).in_(ids)))
