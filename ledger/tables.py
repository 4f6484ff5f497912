"""What is remembered: one class a table, each row one sentence. What the desk needs beside it: ``desk_tables.py``.

Personal data stands in ``Link.agreed``, ``CustomerIndex``, ``ReviewItem.facts``, ``Effect.plan``, ``Effect.body``, and
in ``Seen`` and ``Person`` of the desk's tables only.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String
from sqlmodel import Field, SQLModel

from ledger.columns import index_where, instant, long_text, unique_where
from ledger.crm_tables import IndexedKeys


class Cursor(SQLModel, table=True):
    """How far a stream has been read."""

    pair: str = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    value: str = ""


class InboxEntry(SQLModel, table=True):
    """Record X changed. Pending while ``version > handled``; a hint during the work makes the version grow.

    ``stamp`` is the vendor's own version of it, where a poll told one.
    """

    __table_args__ = (index_where("inbox_due", "pair", "stream", "due_at", where="version > handled"),)

    pair: str = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    record: str = Field(primary_key=True)
    stamp: str = ""
    version: int = 1
    handled: int = 0
    attempts: int = 0
    noticed_at: datetime = instant()
    due_at: datetime = instant()


# A query that repeats such a condition word for word is answered from the index that has it.
ONE_OF_A_KEY = "state NOT IN ('withdrawn', 'cancelled') OR kind = 'invoice'"
ONE_OF_AN_IDENTITY = "identity <> ''"


class Effect(SQLModel, table=True):
    """One intended change outside.

    ``plan`` says what is meant, ``body`` is what is sent (frozen once written, for this ``edition``), ``xero_id`` the
    record it became: set once, never changed. ``state``: planned, sending, unknown, chosen, posted, held, withdrawn,
    cancelled. ``goal`` is what is to become of that record: draft, submitted, authorised, deleted, voided, replaced.
    ``carried`` is the edition of the plan that Xero was last told, ``made`` a fingerprint of the record then.
    """

    __table_args__ = (
        unique_where("effect_key", "pair", "key", where=ONE_OF_A_KEY),
        unique_where("effect_identity", "identity", where=ONE_OF_AN_IDENTITY),
        Index("effect_due", "pair", "kind", "state", "next_at"),
        Index("effect_subject", "pair", "subject", "kind"),
        Index("effect_record", "pair", "xero_id"),
        Index("effect_needs", "pair", "kind", "needs"),
        index_where("effect_sweep", "pair", "sweep_until", where="sweep_until IS NOT NULL"),
    )

    id: str = Field(primary_key=True)
    pair: str
    kind: str
    key: str
    # CRM, account, deal, milestone and generation of an invoice: unique for ever, whatever the pair or organisation.
    identity: str = ""
    subject: str
    state: str = "planned"
    edition: int = 1
    epoch: int = 0
    needs: str = ""
    marker: str = ""
    plan: str = long_text(default="{}")
    body: bytes | None = Field(default=None, sa_type=LargeBinary)
    xero_id: str | None = None
    contact_id: str = ""
    goal: str = "draft"
    carried: int = 0
    made: str = ""
    outcome: str = long_text(default="{}")
    why: str = long_text(default="{}")
    attempts: int = 0
    created_at: datetime = instant()
    next_at: datetime = instant()
    first_sent_at: datetime | None = instant(default=None)
    sent_at: datetime | None = instant(default=None)
    # Answers were lost: a draft may still turn up until then.
    sweep_until: datetime | None = instant(default=None)


class Link(SQLModel, table=True):
    """This CRM record is this Xero record; ``agreed``: what both sides said when last made equal, field by field.

    Several CRM records may be one Xero contact; an invoice belongs to one deal's milestone.
    """

    __table_args__ = (
        Index("link_crm", "pair", "kind", "crm_id", unique=True),
        Index("link_xero", "pair", "kind", "xero_id"),
        Index("link_deal", "pair", "deal_id"),
        unique_where("link_invoice", "pair", "xero_id", where="kind = 'invoice'"),
    )

    id: int | None = Field(default=None, primary_key=True)
    pair: str
    kind: str
    crm_id: str
    xero_id: str
    deal_id: str = ""
    how: str = ""
    agreed: str = long_text(default="{}")
    told: int = 0
    created_at: datetime = instant()


class Alias(SQLModel, table=True):
    """This CRM record was merged into that one."""

    __table_args__ = (Index("alias_survivor", "pair", "kind", "survivor"),)

    pair: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    old_id: str = Field(primary_key=True)
    survivor: str


class CustomerIndex(IndexedKeys, table=True):
    """The keys of each Xero contact, so that matching costs no call; ``pending:…`` while we are creating it."""

    __table_args__ = (
        Index("customer_abn", "pair", "abn"),
        Index("customer_acn", "pair", "acn"),
        Index("customer_email", "pair", "email_key"),
        Index("customer_name", "pair", "name_key"),
    )

    terms: str = ""


class CustomerClaim(SQLModel, table=True):
    """A contact is being made for whoever bears this key: the second of two at once waits and matches instead."""

    pair: str = Field(primary_key=True)
    claim: str = Field(primary_key=True)
    effect_id: str


class ReviewItem(SQLModel, table=True):
    """Something only a person can settle, and how they settled it."""

    __table_args__ = (
        unique_where("review_open", "pair", "subject", "question", where="state = 'open'"),
        Index("review_subject", "pair", "subject", "state"),
        Index("review_state", "pair", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    pair: str
    subject: str
    question: str
    kind: str
    facts: str = long_text(default="{}")
    choices: str = long_text(default="[]")
    state: str = "open"
    answer: str = ""
    note: str = long_text(default="")
    answered_by: str = ""
    opened_at: datetime = instant()
    answered_at: datetime | None = instant(default=None)
    # Who is looking at it; nobody else is kept from answering.
    assignee: str = ""
    assigned_at: datetime | None = instant(default=None)
    version: int = 1


class Waiting(SQLModel, table=True):
    """This record goes on when that question is answered."""

    __table_args__ = (Index("waiting_record", "stream", "record"),)

    item_id: int = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    record: str = Field(primary_key=True)


class AuditEntry(SQLModel, table=True):
    """What, why, by whom; append-only, each row sealed with the one before it."""

    __table_args__ = (Index("audit_order", "pair", "seq", unique=True), Index("audit_subject", "pair", "subject"))

    id: int | None = Field(default=None, primary_key=True)
    pair: str
    seq: int = Field(sa_type=BigInteger().with_variant(Integer, "sqlite"))
    at: datetime = instant()
    actor: str
    subject: str
    event: str
    details: str = long_text(default="{}")
    seal: str = Field(sa_type=String(64))


class Budget(SQLModel, table=True):
    """How many calls were made and are left, and until when a system is paused."""

    pair: str = Field(primary_key=True)
    system: str = Field(primary_key=True)
    window_at: datetime = instant()
    window_calls: int = 0
    day_left: int | None = None
    day_most: int | None = None
    # The day that we count ourselves, where the vendor tells nothing; by UTC.
    counted_on: date | None = None
    paused_until: datetime | None = instant(default=None)
    daily: bool = False


class Lease(SQLModel, table=True):
    """Who works on what, until when; ``token`` only grows."""

    name: str = Field(primary_key=True)
    owner: str = ""
    token: int = 0
    until: datetime = instant()


class Token(SQLModel, table=True):
    """OAuth tokens of a connection, encrypted."""

    connection: str = Field(primary_key=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    saved_at: datetime = instant()


class Remembered(SQLModel, table=True):
    """Slow-changing facts of the outside (accounts, tax rates, pipelines), as read at ``at``."""

    pair: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str = long_text(default="")
    at: datetime = instant()


class Endpoint(SQLModel, table=True):
    """Where a vendor tells us what changed: ``/hooks/<system>/<id>``, and how that has gone.

    The id is 128 random bits. ``heard`` counts what was accepted, ``refused`` what bore no good signature,
    ``unreadable`` what was signed and made no sense, ``foreign`` events of an account that is not the pair's,
    ``failed`` what we had to put off.
    """

    __table_args__ = (Index("endpoint_pair", "pair", "system"),)

    id: str = Field(primary_key=True)
    pair: str
    system: str
    made_at: datetime = instant()
    heard: int = 0
    refused: int = 0
    unreadable: int = 0
    foreign: int = 0
    failed: int = 0
    last_heard_at: datetime | None = instant(default=None)
    last_refused_at: datetime | None = instant(default=None)
    # The newest of the numbers by which Xero counts its events.
    sequence: int = Field(default=0, sa_type=BigInteger().with_variant(Integer, "sqlite"))


class Installation(SQLModel, table=True):
    """This installation: its short id stands in every marker; nothing new is made before ``quiet_until``.

    ``sent`` counts how often something new was about to be sent.
    """

    id: int = Field(default=1, primary_key=True)
    install_id: str
    sent: int = 0
    quiet_until: datetime | None = instant(default=None)
