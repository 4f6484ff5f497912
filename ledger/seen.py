"""Names for lists, and the money of each deal's invoice as last read. Nothing is decided by what stands here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session, col, or_, select

from domain.abn import clean_abn
from domain.money import plain
from domain.records import Customer, Deal, Invoice, Payment
from ledger.desk_tables import InvoiceSeen, PaymentSeen, Seen
from ledger.tables import CustomerIndex, Link
from ledger.upsert import put

DEAL = "deal"
CUSTOMER = "customer"
LONGEST_NAME = 300


def put_deals(session: Session, pair: str, deals: Sequence[Deal], now: datetime) -> None:
    """Take in deals as read just now."""
    put(
        session,
        Seen,
        [
            {
                "pair": pair,
                "kind": DEAL,
                "id": deal.id,
                "name": deal.name[:LONGEST_NAME],
                "url": deal.url,
                "customer": str(deal.customer or ""),
                "amount": "" if deal.amount is None else plain(deal.amount),
                "currency": deal.currency,
                "won": deal.won and not deal.archived,
                "closed_on": deal.closed_on,
                "at": now,
            }
            for deal in deals
        ],
    )


def put_customers(session: Session, pair: str, customers: Sequence[Customer], now: datetime) -> None:
    """Take in companies and persons as read just now."""
    put(
        session,
        Seen,
        [
            {
                "pair": pair,
                "kind": CUSTOMER,
                "id": str(customer.ref),
                "name": customer.name[:LONGEST_NAME],
                "url": customer.url,
                "abn": clean_abn(customer.tax_number) or "",
                "at": now,
            }
            for customer in customers
        ],
    )


def put_invoice(session: Session, pair: str, deal_id: str, invoice: Invoice, now: datetime) -> None:
    """Take in a deal's invoice as read just now."""
    row = {
        "pair": pair,
        "id": invoice.id,
        "deal_id": deal_id,
        "contact_id": invoice.contact_id,
        "number": invoice.number,
        "status": invoice.status,
        "currency": invoice.currency,
        "date": invoice.date,
        "due_date": invoice.due_date,
        "paid_on": invoice.paid_on,
        "total": plain(invoice.total),
        "tax": plain(invoice.total_tax),
        "due": plain(invoice.due),
        "paid": plain(invoice.paid),
        "credited": plain(invoice.credited),
        "at": now,
    }
    put(session, InvoiceSeen, [row])


def put_payments(session: Session, pair: str, payments: Sequence[Payment]) -> None:
    """Take in payments as read just now; the caller leaves out those of other invoices."""
    put(
        session,
        PaymentSeen,
        [
            {
                "pair": pair,
                "id": payment.id,
                "invoice_id": payment.invoice_id,
                "amount": plain(payment.amount),
                "day": payment.date,
                "removed": payment.status == "DELETED",
            }
            for payment in payments
        ],
    )


def paid_back(session: Session, pair: str, credit_notes: Sequence[str]) -> Decimal:
    """What was paid back of these credit notes and stands."""
    of_them = col(PaymentSeen.invoice_id).in_(credit_notes)
    rows = session.exec(select(PaymentSeen.amount).where(PaymentSeen.pair == pair, of_them, ~col(PaymentSeen.removed)))
    return total(rows.all())


def deals(session: Session, pair: str, ids: Sequence[str]) -> dict[str, Seen]:
    """The deals of these ids that were ever read."""
    return _seen(session, pair, DEAL, ids)


def customers(session: Session, pair: str, refs: Sequence[str]) -> dict[str, str]:
    """Customer ("company:5") → name: as the CRM calls it, or else as its contact is called in Xero."""
    named = {ref: row.name for ref, row in _seen(session, pair, CUSTOMER, refs).items() if row.name}
    rows = session.exec(
        select(Link.crm_id, CustomerIndex.name)
        .join(CustomerIndex, (col(CustomerIndex.pair) == Link.pair) & (col(CustomerIndex.xero_id) == Link.xero_id))
        .where(Link.pair == pair, Link.kind == CUSTOMER, col(Link.crm_id).in_([r for r in refs if r not in named]))
    ).all()
    return named | dict(rows)


def invoices(session: Session, pair: str, deal_ids: Sequence[str]) -> Sequence[InvoiceSeen]:
    """The invoices of these deals, oldest first."""
    return session.exec(
        select(InvoiceSeen)
        .where(InvoiceSeen.pair == pair, col(InvoiceSeen.deal_id).in_(deal_ids))
        .order_by(col(InvoiceSeen.date), col(InvoiceSeen.number))
    ).all()


def invoice(session: Session, pair: str, xero_id: str) -> InvoiceSeen | None:
    return session.get(InvoiceSeen, (pair, xero_id))


def of_ids(session: Session, pair: str, xero_ids: Sequence[str]) -> Sequence[InvoiceSeen]:
    """These invoices, of those that are a deal's."""
    return session.exec(select(InvoiceSeen).where(InvoiceSeen.pair == pair, col(InvoiceSeen.id).in_(xero_ids))).all()


def of_contacts(session: Session, pair: str, contacts: Collection[str]) -> Sequence[str]:
    """The deals' invoices of these contacts that are paid."""
    of_them = (InvoiceSeen.pair == pair, InvoiceSeen.status == "PAID", col(InvoiceSeen.contact_id).in_(contacts))
    return session.exec(select(InvoiceSeen.id).where(*of_them)).all()


def paid_on(session: Session, pair: str, contact_id: str, currency: str, day: date) -> Sequence[str]:
    """The deals' invoices of a contact that were paid in full on that day."""
    paid = (InvoiceSeen.pair == pair, InvoiceSeen.status == "PAID", InvoiceSeen.paid_on == day)
    of_it = (InvoiceSeen.contact_id == contact_id, InvoiceSeen.currency == currency)
    return session.exec(select(InvoiceSeen.id).where(*paid, *of_it)).all()


def won_since(session: Session, pair: str, day: date) -> Sequence[Seen]:
    """Deals won on that day or later."""
    return session.exec(
        select(Seen).where(Seen.pair == pair, Seen.kind == DEAL, col(Seen.won), col(Seen.closed_on) >= day)
    ).all()


def invoiced_since(session: Session, pair: str, day: date) -> Sequence[InvoiceSeen]:
    """Approved invoices of that day or later."""
    return session.exec(
        select(InvoiceSeen).where(
            InvoiceSeen.pair == pair, col(InvoiceSeen.status).in_(("AUTHORISED", "PAID")), col(InvoiceSeen.date) >= day
        )
    ).all()


def open_ones(session: Session, pair: str, before: datetime) -> dict[str, str]:
    """Drafts, and approved invoices on which something is due, last read before then, each with its deal."""
    wanted = ("DRAFT", "SUBMITTED", "AUTHORISED")
    return dict(
        session.exec(
            select(InvoiceSeen.id, InvoiceSeen.deal_id).where(
                InvoiceSeen.pair == pair, col(InvoiceSeen.status).in_(wanted), InvoiceSeen.at < before
            )
        ).all()
    )


def unpaid(session: Session, pair: str) -> Sequence[InvoiceSeen]:
    """Approved invoices on which something is due, the oldest due first."""
    return session.exec(
        select(InvoiceSeen)
        .where(InvoiceSeen.pair == pair, InvoiceSeen.status == "AUTHORISED")
        .order_by(col(InvoiceSeen.due_date), col(InvoiceSeen.number))
    ).all()


def payments_since(session: Session, pair: str, day: date) -> list[tuple[PaymentSeen, str]]:
    """Payments of that day or later that still stand, each with its invoice's currency."""
    rows = session.exec(
        select(PaymentSeen, InvoiceSeen.currency)
        .join(
            InvoiceSeen, (col(InvoiceSeen.pair) == PaymentSeen.pair) & (col(InvoiceSeen.id) == PaymentSeen.invoice_id)
        )
        .where(
            InvoiceSeen.pair == pair,
            PaymentSeen.pair == pair,
            col(PaymentSeen.day) >= day,
            col(PaymentSeen.removed).is_(False),
        )
    ).all()
    return list(rows)


def search(session: Session, pair: str, text: str, most: int = 50) -> list[Seen]:
    """Deals by their name or id, their customer's name or ABN, or their invoice's number; the latest read first."""
    wanted = text.strip()
    if not wanted:
        query = select(Seen).where(Seen.pair == pair, Seen.kind == DEAL)
    else:
        by_invoice = select(InvoiceSeen.deal_id).where(
            InvoiceSeen.pair == pair, col(InvoiceSeen.number).icontains(wanted, autoescape=True)
        )
        query = select(Seen).where(
            Seen.pair == pair,
            Seen.kind == DEAL,
            or_(
                col(Seen.name).icontains(wanted, autoescape=True),
                Seen.id == wanted,
                col(Seen.id).in_(by_invoice),
                col(Seen.customer).in_(_customers_called(session, pair, wanted)),
            ),
        )
    return list(session.exec(query.order_by(col(Seen.at).desc(), col(Seen.id).desc()).limit(most)).all())


def _customers_called(session: Session, pair: str, wanted: str) -> list[str]:
    """Customers by name or ABN, as the CRM or as Xero has them."""
    abn = clean_abn(wanted)
    here = or_(col(Seen.name).icontains(wanted, autoescape=True), Seen.abn == abn if abn else False)
    there = or_(col(CustomerIndex.name).icontains(wanted, autoescape=True), CustomerIndex.abn == abn if abn else False)
    known = session.exec(select(Seen.id).where(Seen.pair == pair, Seen.kind == CUSTOMER, here)).all()
    linked = session.exec(
        select(Link.crm_id)
        .join(CustomerIndex, (col(CustomerIndex.pair) == Link.pair) & (col(CustomerIndex.xero_id) == Link.xero_id))
        .where(Link.pair == pair, Link.kind == CUSTOMER, there)
    ).all()
    return [*known, *linked]


def _seen(session: Session, pair: str, kind: str, ids: Sequence[str]) -> dict[str, Seen]:
    rows = session.exec(select(Seen).where(Seen.pair == pair, Seen.kind == kind, col(Seen.id).in_(ids))).all()
    return {row.id: row for row in rows}


def total(amounts: Sequence[str]) -> Decimal:
    """The sum of amounts as they are kept."""
    return sum((Decimal(each) for each in amounts if each), Decimal(0))
