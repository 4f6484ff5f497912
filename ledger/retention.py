"""What is forgotten when: what was sent, and what people are called, not what was decided.

For ever: the audit trail, invoices with their plans, links, questions with their answers. What is not finished stays as
it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.sql.dml import UpdateBase
from sqlmodel import Session, col, delete, or_, update

from ledger import outbox
from ledger.desk_tables import Seen
from ledger.tables import Effect

TELLINGS = (*outbox.IN_CRM, outbox.CONTACT_DETAILS, outbox.CUSTOMER_DETAILS, outbox.NOTE, outbox.COMPANY)


def forget_bodies(session: Session, pair: str, before: datetime) -> int:
    """The requests of finished effects from before then, and what new contacts were made of; how many those were."""
    settled = _done(pair, before)
    bodies = update(Effect).where(*settled, col(Effect.body).is_not(None)).values(body=None)
    contacts = update(Effect).where(*settled, col(Effect.kind) == outbox.CONTACT, col(Effect.plan) != "{}")
    return _count(session, bodies) + _count(session, contacts.values(plan="{}"))


def forget_tellings(session: Session, pair: str, before: datetime) -> int:
    """What deals and customers were told before then: the trail has it, and the link what they were told last."""
    return _count(session, delete(Effect).where(*_done(pair, before), col(Effect.kind).in_(TELLINGS)))


def forget_names(session: Session, pair: str, before: datetime) -> int:
    """The names of deals and customers last read before then; they come back as records are read."""
    return _count(session, delete(Seen).where(col(Seen.pair) == pair, col(Seen.at) < before))


def _done(pair: str, before: datetime) -> tuple[Any, ...]:
    unwatched = or_(col(Effect.sweep_until).is_(None), col(Effect.sweep_until) < before)
    return (
        col(Effect.pair) == pair,
        col(Effect.state).in_(outbox.DONE),
        col(Effect.created_at) < before,
        unwatched,
    )


def _count(session: Session, statement: UpdateBase) -> int:
    return session.connection().execute(statement).rowcount
