"""Who is making a contact: the second of two that make the same customer waits, and matches instead."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlmodel import Session, col, select

from ledger.tables import CustomerClaim


def claim(session: Session, pair: str, claims: Sequence[str], effect: str) -> bool:
    """Reserve a new customer's keys for the contact being made; False if another effect holds one of them."""
    hashed = [hashlib.sha256(c.encode()).hexdigest() for c in claims]
    held = session.exec(
        select(CustomerClaim).where(CustomerClaim.pair == pair, col(CustomerClaim.claim).in_(hashed))
    ).all()
    if any(row.effect_id != effect for row in held):
        return False
    for key in set(hashed) - {row.claim for row in held}:
        session.add(CustomerClaim(pair=pair, claim=key, effect_id=effect))
    session.flush()
    return True


def release(session: Session, pair: str, effect: str) -> None:
    """Give a contact's claims back, once it is made or withdrawn."""
    for row in session.exec(
        select(CustomerClaim).where(CustomerClaim.pair == pair, CustomerClaim.effect_id == effect)
    ).all():
        session.delete(row)
