"""Who may use the desk: accounts, the browsers that are let in, failed sign-ins, browsers sent elsewhere to come back.

Nothing a browser holds is kept as it is: tokens and states are looked up by their hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from ledger.desk_tables import Attempt, Errand, Person, SignedIn

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=10)
FREE_TRIES = 5
PASSWORD, PASSWORD_AND_CODE = "password", "password and code"
ACCOUNTS = (PASSWORD, PASSWORD_AND_CODE)
# At an identity provider, which may know somebody from long ago or have asked them just now.
PROVIDER, PROVIDER_ANEW = "identity provider", "identity provider, anew"
LONGEST_PAUSE = timedelta(minutes=15)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# ── accounts ──


def person(session: Session, name: str) -> Person | None:
    return session.get(Person, name)


def everybody(session: Session) -> Sequence[Person]:
    return session.exec(select(Person).order_by(col(Person.name))).all()


# ── browsers that are let in ──


def let_in(session: Session, token: str, *, name: str, role: str, how: str, form_key: str, now: datetime) -> SignedIn:
    """A fresh sign-in, under a token that was never used before."""
    row = SignedIn(key=digest(token), name=name, role=role, how=how, form_key=form_key, at=now, seen_at=now)
    session.add(row)
    return row


def who(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Whose browser this is, unless it was idle or signed in for too long, or its account ended or changed its role."""
    row = session.get(SignedIn, digest(token))
    if row is None or now - row.seen_at > IDLE or now - row.at > LONGEST:
        return None
    if row.how in ACCOUNTS:
        account = session.get(Person, row.name)
        if account is None or account.disabled or account.role != row.role:
            return None
    return row


def seen(session: Session, row: SignedIn, now: datetime) -> None:
    """Note that the browser is in use, at most once a minute."""
    if now - row.seen_at > timedelta(minutes=1):
        row.seen_at = now
        session.add(row)


def let_out(session: Session, key: str) -> None:
    session.exec(delete(SignedIn).where(col(SignedIn.key) == key))


def let_out_everywhere(session: Session, name: str) -> None:
    session.exec(delete(SignedIn).where(col(SignedIn.name) == name))


def browsers(session: Session, now: datetime) -> Sequence[SignedIn]:
    """All that are let in now, the last used first."""
    alive = (col(SignedIn.seen_at) > now - IDLE, col(SignedIn.at) > now - LONGEST)
    return session.exec(select(SignedIn).where(*alive).order_by(col(SignedIn.seen_at).desc())).all()


def sweep(session: Session, now: datetime) -> None:
    """Forget what has run out."""
    session.exec(delete(SignedIn).where((col(SignedIn.seen_at) < now - IDLE) | (col(SignedIn.at) < now - LONGEST)))
    session.exec(delete(Errand).where(col(Errand.until) < now))
    session.exec(delete(Attempt).where(col(Attempt.until) < now - timedelta(days=1)))


# ── failed sign-ins ──


def paused_until(session: Session, keys: Sequence[str], now: datetime) -> datetime | None:
    """Until when none of these may try again, None if they may now."""
    rows = session.exec(select(Attempt).where(col(Attempt.key).in_([digest(k) for k in keys]))).all()
    return max((row.until for row in rows if row.until > now), default=None)


def failed(session: Session, keys: Sequence[str], now: datetime) -> None:
    """One more failure of each: the first few are free, after that the pause doubles."""
    for key in keys:
        row = session.get(Attempt, digest(key)) or Attempt(key=digest(key), failures=0, until=now)
        row.failures += 1
        over = row.failures - FREE_TRIES
        row.until = now + min(LONGEST_PAUSE, timedelta(seconds=2.0**over)) if over >= 0 else now
        session.add(row)


def succeeded(session: Session, keys: Sequence[str]) -> None:
    session.exec(delete(Attempt).where(col(Attempt.key).in_([digest(k) for k in keys])))


# ── browsers sent elsewhere ──


def send(session: Session, state: str, kind: str, sealed: bytes, until: datetime) -> None:
    session.add(Errand(key=digest(state), kind=kind, sealed=sealed, until=until))


def back(session: Session, state: str, kind: str, now: datetime) -> bytes | None:
    """What was to be expected when it comes back with this state; good once."""
    row = session.get(Errand, digest(state))
    if row is None or row.kind != kind:
        return None
    session.delete(row)
    return row.sealed if row.until > now else None
