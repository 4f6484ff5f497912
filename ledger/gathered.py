"""What is read for a report, kept until it is done: after an interruption only the rest is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, delete, select

from ledger.report_tables import Gathered, Gathering

# What was read longer ago is read afresh.
FRESH_FOR = timedelta(hours=6)
# A worker that gave no sign for this long is gone.
SILENT_FOR = timedelta(minutes=2)
PAGE = 500

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def begin(session: Session, pair: str, work: str, worker: str, now: datetime) -> bool:
    """Begin, or go on with what was begun; False while another worker is at it."""
    row = session.get(Gathering, (pair, work), with_for_update=True)
    if row is not None and row.worker not in ("", worker) and now - row.touched_at < SILENT_FOR:
        return False
    if row is None or now - row.begun_at > FRESH_FOR:
        drop(session, pair, work)
        row = Gathering(pair=pair, work=work, begun_at=now, touched_at=now)
    row.worker, row.touched_at = worker, now
    session.add(row)
    session.flush()
    return True


def begun_at(session: Session, pair: str, work: str) -> datetime | None:
    """When the reading began that is kept."""
    row = session.get(Gathering, (pair, work))
    return row.begun_at if row is not None else None


def leave(session: Session, pair: str, work: str) -> None:
    """Let another worker go on."""
    row = session.get(Gathering, (pair, work))
    if row is not None:
        row.worker = ""
        session.add(row)


def drop(session: Session, pair: str, work: str) -> None:
    """Forget all of it."""
    session.exec(delete(Gathered).where(col(Gathered.pair) == pair, col(Gathered.work) == work))
    session.exec(delete(Gathering).where(col(Gathering.pair) == pair, col(Gathering.work) == work))
    session.expire_all()


def drop_old(session: Session, now: datetime) -> int:
    """Forget what nobody went on with in time; how many reports that were."""
    rows = session.exec(select(Gathering).where(col(Gathering.touched_at) < now - FRESH_FOR)).all()
    for row in rows:
        drop(session, row.pair, row.work)
    return len(rows)


def is_done(session: Session, pair: str, work: str, step: str) -> bool:
    row = session.get(Gathering, (pair, work))
    return row is not None and step in row.done.split("\n")


def done(session: Session, pair: str, work: str, step: str, now: datetime) -> None:
    """A list, or a page of one, is read whole; also a sign of life."""
    row = session.get(Gathering, (pair, work))
    if row is not None:
        row.done = f"{row.done}\n{step}".strip()
        row.touched_at = now
        session.add(row)


def undo(session: Session, pair: str, work: str, kind: str) -> None:
    """Forget a list, to read it again from its first page."""
    session.exec(
        delete(Gathered).where(col(Gathered.pair) == pair, col(Gathered.work) == work, col(Gathered.kind) == kind)
    )
    row = session.get(Gathering, (pair, work))
    if row is not None:
        row.done = "\n".join(step for step in row.done.split("\n") if step.split("#")[0] != kind)
        session.add(row)


def remove(session: Session, pair: str, work: str, kind: str, records: Sequence[str]) -> None:
    """Leave these out."""
    for some in _some(records):
        session.exec(
            delete(Gathered).where(
                col(Gathered.pair) == pair,
                col(Gathered.work) == work,
                col(Gathered.kind) == kind,
                col(Gathered.id).in_(some),
            )
        )


def put(session: Session, pair: str, work: str, kind: str, records: Mapping[str, str], now: datetime) -> None:
    """Keep records by id; one without data takes none away that is there."""
    rows = [{"pair": pair, "work": work, "kind": kind, "id": i, "data": data} for i, data in sorted(records.items())]
    if not rows:
        return
    connection = session.connection()
    statement = _INSERT[connection.dialect.name](SQLModel.metadata.tables["gathered"])
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["pair", "work", "kind", "id"],
            set_={"data": statement.excluded.data},
            where=statement.excluded.data != "",
        ),
        rows,
    )
    row = session.get(Gathering, (pair, work))
    if row is not None:
        row.touched_at = now
        session.add(row)


def ids(session: Session, pair: str, work: str, kind: str, *, unread: bool = False) -> list[str]:
    """The ids of one kind in order, or of those that are still to be read."""
    query = select(Gathered.id).where(Gathered.pair == pair, Gathered.work == work, Gathered.kind == kind)
    if unread:
        query = query.where(Gathered.data == "")
    return list(session.exec(query.order_by(col(Gathered.id))).all())


def known(session: Session, pair: str, work: str, kind: str, wanted: Sequence[str]) -> set[str]:
    """Those of these ids that are kept."""
    return {i for some in _some(wanted) for i in _rows(session, pair, work, kind, some)}


def read(session: Session, pair: str, work: str, kind: str, wanted: Sequence[str]) -> dict[str, str]:
    """The data of these records."""
    return {i: data for some in _some(wanted) for i, data in _rows(session, pair, work, kind, some).items() if data}


def pages(session: Session, pair: str, work: str, kind: str) -> Iterator[dict[str, str]]:
    """All records of one kind, 500 at a time."""
    last = ""
    while True:
        rows = session.exec(
            select(Gathered.id, Gathered.data)
            .where(Gathered.pair == pair, Gathered.work == work, Gathered.kind == kind, col(Gathered.id) > last)
            .order_by(col(Gathered.id))
            .limit(PAGE)
        ).all()
        if not rows:
            return
        yield {i: data for i, data in rows if data}
        last = rows[-1][0]


def _rows(session: Session, pair: str, work: str, kind: str, wanted: Sequence[str]) -> dict[str, str]:
    rows = session.exec(
        select(Gathered.id, Gathered.data).where(
            Gathered.pair == pair, Gathered.work == work, Gathered.kind == kind, col(Gathered.id).in_(wanted)
        )
    ).all()
    return dict(rows)


def _some(wanted: Iterable[str]) -> Iterator[list[str]]:
    listed = list(dict.fromkeys(wanted))
    return (listed[start : start + PAGE] for start in range(0, len(listed), PAGE))
