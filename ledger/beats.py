"""When each flow of a pair last came to its end, and how: what silence and failing runs are noticed by."""

from __future__ import annotations

import json
from datetime import datetime

from sqlmodel import Session, col, select

from domain.notices import Beat
from ledger import memory
from ledger.tables import Remembered

_NAME = "run of "


def note(session: Session, pair: str, flow: str, now: datetime, *, failed: bool) -> None:
    """A run of this flow has ended."""
    before = session.get(Remembered, (pair, f"{_NAME}{flow}")) if failed else None
    last = _beat(before) if before else None
    since = last.since if last and last.since else now
    failures = (last.failures if last else 0) + 1
    value = json.dumps({"failures": failures, "since": since.isoformat()}) if failed else "{}"
    memory.remember(session, pair, f"{_NAME}{flow}", value, now)


def of_pair(session: Session, pair: str) -> list[Beat]:
    """The last run of each flow that ever ended."""
    rows = session.exec(
        select(Remembered).where(Remembered.pair == pair, col(Remembered.name).startswith(_NAME, autoescape=True))
    ).all()
    return sorted((_beat(row) for row in rows), key=lambda beat: beat.flow)


def _beat(row: Remembered) -> Beat:
    kept = json.loads(row.value)
    since = kept.get("since")
    return Beat(
        row.name.removeprefix(_NAME), row.at, kept.get("failures", 0), datetime.fromisoformat(since) if since else None
    )
