"""Intentions to tell how things stand: the newest about a subject takes the place of those before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ledger import outbox
from ledger.session import Session
from ledger.tables import Effect


def latest(session: Session, pair: str, subject: str, kind: str) -> Effect | None:
    """The last intention of this kind about a subject that is still to be carried out."""
    waiting = [
        e for e in outbox.of_subject(session, pair, subject, kind) if e.state in ("planned", "sending", "unknown")
    ]
    return max(waiting, key=_age, default=None)


def of_each(session: Session, due: Sequence[Effect]) -> list[Effect]:
    """The latest intention about each subject; those whose place it takes are withdrawn."""
    newest = {effect.subject: effect for effect in sorted(due, key=_age)}
    for effect in due:
        if newest[effect.subject].id != effect.id:
            outbox.move(session, effect, effect.state, "withdrawn")
    return list(newest.values())


def _age(effect: Effect) -> tuple[datetime, int, str]:
    # Keys end in a count, whose text grows with it.
    return effect.created_at, len(effect.key), effect.key
