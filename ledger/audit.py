"""The trail: append-only, each entry sealed with the one before it.

Details are ids, codes, amounts and dates; never a name, an address or a number of a person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, SQLModel, col, select

from ledger.tables import AuditEntry

WONBOOKS = "wonbooks"


def record(
    session: Session,
    pair: str,
    now: datetime,
    subject: str,
    event: str,
    details: Mapping[str, Any] | None = None,
    actor: str = WONBOOKS,
) -> None:
    """Add one entry in the transaction of the change it tells of."""
    connection = session.connection()
    before = connection.execute(_LAST, {"pair": pair}).first()
    seq, seal = (before.seq, before.seal) if before else (0, "")
    told = json.dumps(dict(details or {}), sort_keys=True, ensure_ascii=False, default=str)
    # As it will be read: an instant comes back in UTC.
    at = now.astimezone(UTC)
    entry = {"pair": pair, "seq": seq + 1, "at": at, "actor": actor, "subject": subject, "event": event}
    sealed_now = sealed(seal, pair, seq + 1, at.isoformat(), actor, subject, event, told)
    connection.execute(_ADD, {**entry, "details": told, "seal": sealed_now})


# Written several times for each deal, so built once.
_LAST = (
    select(AuditEntry.seq, AuditEntry.seal)
    .where(AuditEntry.pair == bindparam("pair"))
    .order_by(col(AuditEntry.seq).desc())
    .limit(1)
)
_ADD = SQLModel.metadata.tables["auditentry"].insert()


def story(session: Session, pair: str, subject: str) -> Sequence[AuditEntry]:
    """Everything that happened to one subject, oldest first."""
    return session.exec(
        select(AuditEntry).where(AuditEntry.pair == pair, AuditEntry.subject == subject).order_by(col(AuditEntry.seq))
    ).all()


def is_told(session: Session, pair: str, subject: str) -> bool:
    """Whether anything is told of a subject."""
    return session.connection().execute(_ANY, {"pair": pair, "subject": subject}).first() is not None


_ANY = (
    select(AuditEntry.seq)
    .where(AuditEntry.pair == bindparam("pair"), AuditEntry.subject == bindparam("subject"))
    .limit(1)
)


def since(session: Session, pair: str, seq: int) -> Sequence[AuditEntry]:
    """Everything after entry ``seq`` of a pair, oldest first."""
    return session.exec(
        select(AuditEntry).where(AuditEntry.pair == pair, col(AuditEntry.seq) > seq).order_by(col(AuditEntry.seq))
    ).all()


def told(session: Session, pair: str, *, page: int = 1000) -> Iterator[AuditEntry]:
    """Every entry of a pair, oldest first, however many there are."""
    seq = 0
    while True:
        entries = session.exec(
            select(AuditEntry)
            .where(AuditEntry.pair == pair, col(AuditEntry.seq) > seq)
            .order_by(col(AuditEntry.seq))
            .limit(page)
        ).all()
        if not entries:
            return
        yield from entries
        seq = entries[-1].seq
        for entry in entries:
            session.expunge(entry)


def last(session: Session, pair: str) -> AuditEntry | None:
    """The newest entry: its seal covers all before it."""
    return session.exec(
        select(AuditEntry).where(AuditEntry.pair == pair).order_by(col(AuditEntry.seq).desc()).limit(1)
    ).first()


def seal_before(session: Session, pair: str, seq: int) -> str:
    """The seal of the entry before this one, "" before the first."""
    query = select(AuditEntry.seal).where(AuditEntry.pair == pair, AuditEntry.seq == seq - 1)
    return session.exec(query).first() or ""


def broken_at(session: Session, pair: str) -> int | None:
    """The number of the first entry whose seal does not fit, or None while the chain holds."""
    before = ""
    for entry in told(session, pair):
        if entry.seal != _seal(before, entry):
            return entry.seq
        before = entry.seal
    return None


def sealed(before: str, pair: str, seq: int, at: str, actor: str, subject: str, event: str, details: str) -> str:
    """The seal of an entry by its parts; ``at`` as ISO 8601 with its offset, ``details`` as the JSON that is kept."""
    parts = (before, pair, seq, at, actor, subject, event, details)
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _seal(before: str, entry: AuditEntry) -> str:
    at = entry.at.isoformat()
    return sealed(before, entry.pair, entry.seq, at, entry.actor, entry.subject, entry.event, entry.details)
