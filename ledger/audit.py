"""The trail: append-only, each entry sealed with the one before it.

Details are ids, codes, amounts and dates; never a name, an address or a number of a person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

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
    last = session.exec(
        select(AuditEntry).where(AuditEntry.pair == pair).order_by(col(AuditEntry.seq).desc()).limit(1)
    ).first()
    entry = AuditEntry(
        pair=pair,
        seq=last.seq + 1 if last else 1,
        at=now,
        actor=actor,
        subject=subject,
        event=event,
        details=json.dumps(dict(details or {}), sort_keys=True, ensure_ascii=False, default=str),
        seal="",
    )
    entry.seal = _seal(last.seal if last else "", entry)
    session.add(entry)
    session.flush()


def story(session: Session, pair: str, subject: str) -> Sequence[AuditEntry]:
    """Everything that happened to one subject, oldest first."""
    return session.exec(
        select(AuditEntry).where(AuditEntry.pair == pair, AuditEntry.subject == subject).order_by(col(AuditEntry.seq))
    ).all()


def since(session: Session, pair: str, seq: int) -> Sequence[AuditEntry]:
    """Everything after entry ``seq`` of a pair, oldest first."""
    return session.exec(
        select(AuditEntry).where(AuditEntry.pair == pair, col(AuditEntry.seq) > seq).order_by(col(AuditEntry.seq))
    ).all()


def broken_at(session: Session, pair: str) -> int | None:
    """The number of the first entry whose seal does not fit, or None while the chain holds."""
    before = ""
    for entry in since(session, pair, 0):
        if entry.seal != _seal(before, entry):
            return entry.seq
        before = entry.seal
    return None


def _seal(before: str, entry: AuditEntry) -> str:
    told = (before, entry.pair, entry.seq, entry.at.isoformat(), entry.actor, entry.subject, entry.event, entry.details)
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
