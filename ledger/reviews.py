"""Questions to people: asked once, answered once, the records that wait for them noticed again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select, update

from domain.decision import Choice, Question
from ledger import audit, inbox
from ledger.tables import ReviewItem, Waiting

RETRY = "retry"


def ask(session: Session, pair: str, question: Question, now: datetime, stream: str, record: str) -> ReviewItem:
    """Open the question, or find it open; ``record`` goes on once it is answered."""
    item = session.exec(
        select(ReviewItem).where(
            ReviewItem.pair == pair,
            ReviewItem.subject == question.subject,
            ReviewItem.question == question.identity,
            ReviewItem.state == "open",
        )
    ).first()
    facts = json.dumps({**question.facts, **question.beside}, ensure_ascii=False)
    choices = json.dumps([{"id": c.id, "label": c.label} for c in question.choices], ensure_ascii=False)
    if item is not None and (item.facts, item.choices) != (facts, choices):
        # The same question, with what can be done about it now.
        item.facts, item.choices = facts, choices
        session.add(item)
    if item is None:
        item = ReviewItem(
            pair=pair,
            subject=question.subject,
            question=question.identity,
            kind=question.kind,
            facts=facts,
            choices=choices,
            opened_at=now,
        )
        session.add(item)
        session.flush()
        audit.record(session, pair, now, question.subject, "asked", {"item": item.id, "kind": question.kind})
    session.merge(Waiting(item_id=_id(item), stream=stream, record=record))
    return item


_WAITED_FOR = (
    select(ReviewItem.id, ReviewItem.kind, ReviewItem.subject)
    .join(Waiting, col(ReviewItem.id) == col(Waiting.item_id))
    .where(
        ReviewItem.pair == bindparam("pair"),
        ReviewItem.state == "open",
        Waiting.stream == bindparam("stream"),
        Waiting.record == bindparam("record"),
    )
)


def close_others(
    session: Session,
    pair: str,
    stream: str,
    record: str,
    still_asked: Sequence[int],
    kind: str = "",
    subject: str = "",
) -> None:
    """Questions that this record no longer asks, all or of one kind, about all or one of its subjects; one that nobody
    waits for is closed.
    """
    session.flush()
    asked = {"pair": pair, "stream": stream, "record": record}
    for id_, of_kind, about in session.connection().execute(_WAITED_FOR, asked).all():
        if id_ in still_asked or kind not in ("", of_kind) or subject not in ("", about):
            continue
        item = session.get_one(ReviewItem, id_)
        session.delete(session.get_one(Waiting, (id_, stream, record)))
        session.flush()
        others = session.exec(select(Waiting).where(Waiting.item_id == item.id).limit(1)).first()
        if others is None:
            item.state = "closed"
            session.add(item)


def answers(session: Session, pair: str, subjects: Sequence[str]) -> dict[str, str]:
    """The answers that hold for these subjects, by question identity."""
    return dict(session.exec(_ANSWERS, params={"pair": pair, "subjects": list(subjects)}).all())


# Asked several times for each deal, so built once.
_ANSWERS = (
    select(ReviewItem.question, ReviewItem.answer)
    .where(
        ReviewItem.pair == bindparam("pair"),
        ReviewItem.state == "answered",
        col(ReviewItem.subject).in_(bindparam("subjects", expanding=True)),
    )
    .order_by(col(ReviewItem.id))
)


def any_open(session: Session, pair: str, kind: str) -> bool:
    """Whether any question of this kind is open."""
    return session.connection().execute(_ANY_OPEN, {"pair": pair, "kind": kind}).first() is not None


_ANY_OPEN = (
    select(ReviewItem.id)
    .where(ReviewItem.pair == bindparam("pair"), ReviewItem.state == "open", ReviewItem.kind == bindparam("kind"))
    .limit(1)
)


def is_open(session: Session, pair: str, subject: str, question: str) -> bool:
    """Whether people have still to settle this question."""
    return (
        session.exec(
            select(ReviewItem.id).where(
                ReviewItem.pair == pair,
                ReviewItem.subject == subject,
                ReviewItem.question == question,
                ReviewItem.state == "open",
            )
        ).first()
        is not None
    )


def answer(session: Session, item: ReviewItem, choice: str, *, by: str, now: datetime, note: str = "") -> bool:
    """Settle an open question and notice what waited for it; False if somebody else settled it first.

    "Try again" settles nothing: the question is closed, and asked anew if it still stands.
    """
    result = session.exec(
        update(ReviewItem)
        .where(col(ReviewItem.id) == item.id, col(ReviewItem.state) == "open", col(ReviewItem.version) == item.version)
        .values(
            state="closed" if choice == RETRY else "answered",
            answer=choice,
            note=note,
            answered_by=by,
            answered_at=now,
            version=item.version + 1,
        )
    )
    if result.rowcount != 1:
        return False
    audit.record(session, item.pair, now, item.subject, "answered", {"item": item.id, "choice": choice}, actor=by)
    for row in session.exec(select(Waiting).where(Waiting.item_id == item.id)).all():
        inbox.notice(session, item.pair, row.stream, [row.record], now)
    return True


def claim(session: Session, item: ReviewItem, by: str, now: datetime, *, instead_of: str = "") -> bool:
    """Say that somebody is on it; False if it is settled, or another one is on it than ``instead_of``."""
    result = session.exec(
        update(ReviewItem)
        .where(
            col(ReviewItem.id) == item.id,
            col(ReviewItem.state) == "open",
            col(ReviewItem.assignee).in_(("", by, instead_of)),
        )
        .values(assignee=by, assigned_at=now)
    )
    return result.rowcount == 1


def release(session: Session, item: ReviewItem, by: str) -> bool:
    """Say that they are no longer on it; False if they weren't."""
    result = session.exec(
        update(ReviewItem)
        .where(col(ReviewItem.id) == item.id, col(ReviewItem.state) == "open", col(ReviewItem.assignee) == by)
        .values(assignee="", assigned_at=None)
    )
    return result.rowcount == 1


def opened(session: Session, pair: str) -> Sequence[ReviewItem]:
    """What is open, oldest first."""
    return session.exec(
        select(ReviewItem)
        .where(ReviewItem.pair == pair, ReviewItem.state == "open")
        .order_by(col(ReviewItem.opened_at), col(ReviewItem.id))
    ).all()


def find(session: Session, item_id: int) -> ReviewItem | None:
    return session.get(ReviewItem, item_id)


def waiting_for(session: Session, item: ReviewItem, stream: str = "") -> Sequence[str]:
    """The records that go on once it is answered, of one stream or of all."""
    rows = session.exec(select(Waiting).where(Waiting.item_id == item.id).order_by(col(Waiting.record))).all()
    return [row.record for row in rows if stream in ("", row.stream)]


def waiting(session: Session, items: Sequence[ReviewItem]) -> dict[int, list[tuple[str, str]]]:
    """Per item id the records that wait for it, each with its stream."""
    rows = session.exec(select(Waiting).where(col(Waiting.item_id).in_([_id(i) for i in items]))).all()
    found: dict[int, list[tuple[str, str]]] = {_id(i): [] for i in items}
    for row in sorted(rows, key=lambda each: (each.stream, each.record)):
        found[row.item_id].append((row.stream, row.record))
    return found


def concerning(session: Session, pair: str, stream: str, record: str) -> Sequence[ReviewItem]:
    """Every question this record ever waited for, and still is listed with, oldest first."""
    return session.exec(
        select(ReviewItem)
        .join(Waiting, col(Waiting.item_id) == col(ReviewItem.id))
        .where(ReviewItem.pair == pair, Waiting.stream == stream, Waiting.record == record)
        .order_by(col(ReviewItem.id))
    ).all()


def subjects(session: Session, pair: str, kind: str, *, since: datetime) -> Sequence[str]:
    """Whose questions of this kind were opened since then, each once."""
    asked = (ReviewItem.pair == pair, ReviewItem.kind == kind, col(ReviewItem.opened_at) >= since)
    return list(
        dict.fromkeys(session.exec(select(ReviewItem.subject).where(*asked).order_by(col(ReviewItem.id))).all())
    )


def question_of(item: ReviewItem) -> Question:
    """The question as it was asked."""
    choices = tuple(Choice(c["id"], c["label"]) for c in json.loads(item.choices))
    return Question(item.kind, item.subject, json.loads(item.facts), choices)


def _id(item: ReviewItem) -> int:
    if item.id is None:
        message = "a review item gets its id when it is flushed"
        raise RuntimeError(message)
    return item.id
