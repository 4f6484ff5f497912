"""What the desk shows and who may use it: names for lists, money as last read, people and their sign-ins.

Personal data: ``Seen.name`` and ``Seen.abn`` (customers and deals as the CRM calls them), ``Person``, ``SignedIn``.
Nothing is decided by ``Seen``, ``InvoiceSeen``, ``PaymentSeen`` and ``OpenPaper``: emptied, they fill again.
Amounts are text, ``1210.00``; SQLite has no exact number.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from domain.records import Day
from ledger.columns import instant, long_text


class Seen(SQLModel, table=True):
    """What a deal or customer of the CRM was called when it was last read, so that lists can name it."""

    __table_args__ = (
        Index("seen_customer", "pair", "kind", "customer"),
        Index("seen_abn", "pair", "abn"),
        Index("seen_closed", "pair", "kind", "won", "closed_on"),
    )

    pair: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    name: str = long_text(default="")
    url: str = long_text(default="")
    # Of a deal: who is billed ("company:5"), what it comes to, whether and when it was won.
    customer: str = ""
    amount: str = ""
    currency: str = ""
    won: bool = False
    closed_on: Day | None = None
    # Of a customer.
    abn: str = ""
    at: datetime = instant()


class InvoiceSeen(SQLModel, table=True):
    """A deal's invoice as Xero last told it."""

    __table_args__ = (
        Index("invoice_seen_deal", "pair", "deal_id"),
        Index("invoice_seen_number", "pair", "number"),
        Index("invoice_seen_date", "pair", "date"),
    )

    pair: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    deal_id: str = ""
    contact_id: str = ""
    number: str = ""
    status: str = ""
    currency: str = ""
    date: Day | None = None
    due_date: Day | None = None
    paid_on: Day | None = None
    total: str = "0"
    tax: str = ""
    due: str = "0"
    paid: str = "0"
    credited: str = "0"
    at: datetime = instant()


class PaymentSeen(SQLModel, table=True):
    """A payment on a deal's invoice as Xero last told it."""

    __table_args__ = (
        Index("payment_seen_day", "pair", "day"),
        Index("payment_seen_invoice", "pair", "invoice_id"),
    )

    pair: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    invoice_id: str = ""
    amount: str = "0"
    day: Day | None = None
    removed: bool = False


class OpenPaper(SQLModel, table=True):
    """An invoice of anybody's with something due, or a credit with something left.

    ``day`` is when it is due, or a credit's own; ``against`` lists the invoices that took the rest of a credit.
    """

    __table_args__ = (Index("open_paper_contact", "pair", "contact_id"),)

    pair: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    kind: str
    contact_id: str
    currency: str
    amount: str
    day: Day | None = None
    against: str = long_text(default="[]")


class Connected(SQLModel, table=True):
    """A connection made at the desk, by the name of its credentials; its tokens are in ``Token``."""

    name: str = Field(primary_key=True)
    system: str
    # The organisation in Xero, and the id by which Xero disconnects it.
    tenant_id: str = ""
    tenant_name: str = long_text(default="")
    connection_id: str = ""
    by: str = ""
    at: datetime = instant()


class Person(SQLModel, table=True):
    """Somebody with an account of their own here. ``secret`` is an argon2id hash, ``totp`` sealed."""

    name: str = Field(primary_key=True)
    role: str
    secret: str = ""
    totp: bytes | None = Field(default=None, sa_type=LargeBinary)
    # The last time step a code was taken for: each is good once.
    totp_used: int = 0
    disabled: bool = False
    created_at: datetime = instant()


class SignedIn(SQLModel, table=True):
    """A browser that is let in, by the hash of what its cookie holds."""

    __table_args__ = (Index("signed_in_name", "name"),)

    key: str = Field(primary_key=True)
    name: str
    role: str
    how: str
    form_key: str
    at: datetime = instant()
    seen_at: datetime = instant()


class Errand(SQLModel, table=True):
    """A browser sent to another site to come back: what to expect then, sealed, by the hash of its ``state``."""

    key: str = Field(primary_key=True)
    kind: str
    sealed: bytes = Field(sa_type=LargeBinary)
    until: datetime = instant()


class Attempt(SQLModel, table=True):
    """Failed sign-ins of one name or address, and until when no further one is heard."""

    key: str = Field(primary_key=True)
    failures: int = 0
    until: datetime = instant()
