"""Which records changed: noticed by id, taken in batches, handled once decided."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlmodel import Session, SQLModel, col, select, update

from ledger import upsert
from ledger.columns import Instant
from ledger.tables import Cursor, InboxEntry

DEALS = "crm deals"
INVOICES = "xero invoices"
CUSTOMERS = "xero contacts"
CRM_CUSTOMERS = "crm customers"
# Customers whose details are to be held side by side, whichever side told of them.
DETAILS = "customer details"
PAYMENTS = "xero payments"
# Contacts that people made in Xero.
BORN = "xero born contacts"
# Customers' credits; ``ALL`` stands for all of them, whose list is short.
CREDITS = "xero credits"
ALL = "all"
# So often a record is tried with others before it goes alone.
TOGETHER = 2

# One statement for all, made within the database: in a storm thousands of records come each second.
_HINTED = """
INSERT INTO inboxentry (pair, stream, record, stamp, version, handled, attempts, noticed_at, due_at)
SELECT DISTINCT :pair, :stream, value, '', 1, 0, 0, {now}, {now} FROM {records} WHERE true
ON CONFLICT (pair, stream, record) DO UPDATE SET version = inboxentry.version + 1, due_at = excluded.due_at,
attempts = CASE WHEN inboxentry.version = inboxentry.handled THEN 0 ELSE inboxentry.attempts END,
noticed_at = CASE WHEN inboxentry.version = inboxentry.handled THEN excluded.noticed_at ELSE inboxentry.noticed_at END
"""
_HINT = {
    dialect: text(_HINTED.format(now=moment, records=records)).bindparams(bindparam("now", type_=Instant()))
    for dialect, moment, records in (
        ("sqlite", ":now", "json_each(:records)"),
        ("postgresql", "CAST(:now AS timestamptz)", "json_array_elements_text(CAST(:records AS json)) AS each (value)"),
    )
}


@dataclass(frozen=True, slots=True)
class Taken:
    """Records to decide now, each with the version that was noticed; ``attempts`` counts this try."""

    versions: Mapping[str, int]
    attempts: Mapping[str, int]

    def __bool__(self) -> bool:
        return bool(self.versions)


def notice(session: Session, pair: str, stream: str, records: Iterable[str] | Mapping[str, str], now: datetime) -> int:
    """Put records into the inbox, or note that those in it changed once more; returns how many.

    A mapping tells each record's version: one seen at that version before is left alone.
    """
    stamps = dict(records) if isinstance(records, Mapping) else dict.fromkeys(records, "")
    known = {e.record: e for e in _entries(session, pair, stream, sorted(stamps))}
    noticed = 0
    for record, stamp in sorted(stamps.items()):
        entry = known.get(record)
        if entry is None:
            entry = InboxEntry(pair=pair, stream=stream, record=record, version=0, noticed_at=now, due_at=now)
        elif stamp and entry.stamp == stamp:
            continue
        elif entry.version == entry.handled:
            entry.attempts, entry.noticed_at = 0, now
        entry.version += 1
        entry.due_at = now
        entry.stamp = stamp or entry.stamp
        session.add(entry)
        noticed += 1
    return noticed


def noticed_at(session: Session, pair: str, stream: str, records: Sequence[str]) -> datetime | None:
    """When the first of these was noticed, of what was not handled before."""
    return min((row.noticed_at for row in _kept(session, pair, stream, records)), default=None)


def hint(session: Session, pair: str, stream: str, records: Collection[str], now: datetime) -> None:
    """Notice thousands of records at once, without reading their entries; nothing is known of their versions."""
    if records:
        connection = session.connection()
        told = {"pair": pair, "stream": stream, "records": json.dumps(list(records)), "now": now}
        connection.execute(_HINT[connection.dialect.name], told)


def fresh(session: Session, pair: str, stream: str, stamps: Mapping[str, str], now: datetime) -> set[str]:
    """Those of these records that were not seen at this version before; from now on they were."""
    known = {e.record: e for e in _entries(session, pair, stream, sorted(stamps))}
    found = {record for record, stamp in stamps.items() if record not in known or known[record].stamp != stamp}
    for record in sorted(found):
        entry = known.get(record) or InboxEntry(
            pair=pair, stream=stream, record=record, handled=1, noticed_at=now, due_at=now
        )
        entry.stamp = stamps[record]
        session.add(entry)
    return found


def known(session: Session, pair: str, stream: str, records: Sequence[str]) -> set[str]:
    """Those of these records of which the stream ever told."""
    return {row.record for row in _kept(session, pair, stream, records)}


def take(session: Session, pair: str, stream: str, now: datetime, most: int = 50) -> Taken:
    """The oldest due records; one that was tried in vain goes alone, so that it spoils no others' try.

    The try is counted before it begins, so that a record that kills us is seen.
    """
    due = _due(session, pair, stream, now, most)
    due = [e for e in due if e.attempts < TOGETHER] or due[:1]
    if due:
        taken = {"this_pair": pair, "this_stream": stream, "records": [e.record for e in due]}
        session.connection().execute(_TRIED, taken)
    return Taken({e.record: e.version for e in due}, {e.record: e.attempts + 1 for e in due})


def is_due(session: Session, pair: str, stream: str, now: datetime) -> bool:
    """Whether ``take`` would find anything."""
    return bool(_due(session, pair, stream, now, 1))


def _due(session: Session, pair: str, stream: str, now: datetime, most: int) -> Sequence[Row[str, int, int]]:
    wanted = {"pair": pair, "stream": stream, "now": now, "most": most}
    return session.connection().execute(_DUE, wanted).all()


# Asked in every round, so built once.
_DUE = (
    select(InboxEntry.record, InboxEntry.version, InboxEntry.attempts)
    .where(
        InboxEntry.pair == bindparam("pair"),
        InboxEntry.stream == bindparam("stream"),
        col(InboxEntry.version) > col(InboxEntry.handled),
        col(InboxEntry.due_at) <= bindparam("now"),
    )
    .order_by(col(InboxEntry.attempts), col(InboxEntry.due_at), col(InboxEntry.record))
    .limit(bindparam("most"))
)
_TRIED = (
    update(InboxEntry)
    .where(
        col(InboxEntry.pair) == bindparam("this_pair"),
        col(InboxEntry.stream) == bindparam("this_stream"),
        col(InboxEntry.record).in_(bindparam("records", expanding=True)),
    )
    .values(attempts=InboxEntry.attempts + 1)
)


def is_open(session: Session, pair: str, stream: str, record: str, version: int) -> bool:
    """Whether this version is still to be decided. Whoever decided it meanwhile may have read the record later."""
    rows = _kept(session, pair, stream, [record])
    return not rows or rows[0].handled < version


def handled(session: Session, pair: str, stream: str, record: str, version: int) -> None:
    """This version was decided; a newer hint keeps the record in the inbox."""
    session.flush()
    told = {"this_pair": pair, "this_stream": stream, "this_record": record, "this_version": version}
    session.connection().execute(_HANDLED, told)


_ROW = SQLModel.metadata.tables["inboxentry"].columns
_HANDLED = (
    update(InboxEntry)
    .where(
        _ROW.pair == bindparam("this_pair"),
        _ROW.stream == bindparam("this_stream"),
        _ROW.record == bindparam("this_record"),
        _ROW.handled < bindparam("this_version"),
    )
    .values(handled=bindparam("this_version"), attempts=0)
)


def later(session: Session, pair: str, stream: str, records: Sequence[str], due_at: datetime) -> None:
    """Look at these records again, not before ``due_at``."""
    session.exec(
        update(InboxEntry)
        .where(col(InboxEntry.pair) == pair, col(InboxEntry.stream) == stream, col(InboxEntry.record).in_(records))
        .values(due_at=due_at)
    )


def put_off(session: Session, pair: str, stream: str, record: str, due_at: datetime) -> None:
    """Look again: at once after the first try, at ``due_at`` after further ones."""
    entry = session.get(InboxEntry, (pair, stream, record))
    if entry is not None and entry.attempts > 1:
        entry.due_at = due_at
        session.add(entry)


def give_back(session: Session, pair: str, stream: str, records: Sequence[str]) -> None:
    """The try was cut short by trouble elsewhere: it does not count."""
    session.exec(
        update(InboxEntry)
        .where(
            col(InboxEntry.pair) == pair,
            col(InboxEntry.stream) == stream,
            col(InboxEntry.record).in_(records),
            col(InboxEntry.attempts) > 0,
        )
        .values(attempts=InboxEntry.attempts - 1)
    )


def pending(session: Session, pair: str, stream: str, records: Sequence[str]) -> set[str]:
    """Those of these records that changed since they were decided."""
    return {row.record for row in _kept(session, pair, stream, records) if row.version > row.handled}


def waiting(session: Session, pair: str, stream: str) -> int:
    """How many records are noticed and not decided."""
    return len(
        session.exec(
            select(InboxEntry.record).where(
                InboxEntry.pair == pair,
                InboxEntry.stream == stream,
                col(InboxEntry.version) > col(InboxEntry.handled),
            )
        ).all()
    )


def cursor(session: Session, pair: str, stream: str) -> str:
    """How far the stream has been read, "" for never."""
    return session.connection().execute(_CURSOR, {"pair": pair, "stream": stream}).scalar() or ""


_CURSOR = select(Cursor.value).where(Cursor.pair == bindparam("pair"), Cursor.stream == bindparam("stream"))


def move_cursor(session: Session, pair: str, stream: str, value: str) -> None:
    """Save it in the transaction that notices what was read."""
    upsert.put(session, Cursor, [{"pair": pair, "stream": stream, "value": value}])


def _entries(session: Session, pair: str, stream: str, records: Sequence[str]) -> Sequence[InboxEntry]:
    if not records:
        return []
    return session.exec(_ENTRIES, params={"pair": pair, "stream": stream, "records": list(records)}).all()


def _kept(session: Session, pair: str, stream: str, records: Sequence[str]) -> Sequence[Row[Any, Any, Any, Any]]:
    """The same for looking only."""
    session.flush()
    asked = {"pair": pair, "stream": stream, "records": list(records)}
    return session.connection().execute(_KEPT, asked).all() if records else []


_THESE = (
    InboxEntry.pair == bindparam("pair"),
    InboxEntry.stream == bindparam("stream"),
    col(InboxEntry.record).in_(bindparam("records", expanding=True)),
)
_ENTRIES = select(InboxEntry).where(*_THESE)
_KEPT = select(_ROW.record, _ROW.version, _ROW.handled, _ROW.noticed_at).where(*_THESE)
