"""Where vendors tell us what changed: one address for each pair and system, known by its random last part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, select, update

from ledger.tables import Endpoint

COUNTED = ("heard", "refused", "unreadable", "foreign", "failed")


def ensure(session: Session, pair: str, system: str, new_id: str, now: datetime) -> Endpoint:
    """The pair's endpoint for a system; made with ``new_id`` (128 random bits, hexadecimal) if there is none."""
    found = of_pair(session, pair).get(system)
    return found or _made(session, pair, system, new_id, now)


def replace(session: Session, pair: str, system: str, new_id: str, now: datetime) -> Endpoint:
    """A new address; the old ones are no longer answered."""
    for row in session.exec(select(Endpoint).where(Endpoint.pair == pair, Endpoint.system == system)).all():
        session.delete(row)
    return _made(session, pair, system, new_id, now)


def everyone(session: Session) -> Sequence[Endpoint]:
    return session.exec(select(Endpoint).order_by(col(Endpoint.made_at), col(Endpoint.id))).all()


def of_pair(session: Session, pair: str) -> dict[str, Endpoint]:
    """The newest endpoint of each system."""
    rows = session.exec(select(Endpoint).where(Endpoint.pair == pair).order_by(col(Endpoint.made_at))).all()
    return {row.system: row for row in rows}


def count(session: Session, endpoint_id: str, counts: Mapping[str, int], now: datetime) -> None:
    """Add to an endpoint's counts, by the names in ``COUNTED``."""
    values: dict[str, object] = {name: getattr(Endpoint, name) + more for name, more in counts.items()}
    if counts.get("heard"):
        values["last_heard_at"] = now
    if counts.get("refused"):
        values["last_refused_at"] = now
    session.exec(update(Endpoint).where(col(Endpoint.id) == endpoint_id).values(values))


def continues(session: Session, endpoint_id: str, first: int, last: int) -> bool:
    """Note that events up to number ``last`` have come; False when some before ``first`` never did."""
    row = session.get(Endpoint, endpoint_id)
    if row is None:
        return True
    complete = not row.sequence or first <= row.sequence + 1
    row.sequence = max(row.sequence, last)
    session.add(row)
    return complete


def _made(session: Session, pair: str, system: str, new_id: str, now: datetime) -> Endpoint:
    row = Endpoint(id=new_id, pair=pair, system=system, made_at=now)
    session.add(row)
    session.flush()
    return row
