"""Settling a question: what may be answered, and what is said to whoever answers amiss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.decision import Choice
from ledger import reviews
from ledger.database import Ledger
from ledger.tables import ReviewItem
from stages.pair import distrust


class NoSuchAnswer(Exception):
    """The question is not there, is settled already, or has no such choice; the message says so."""


class NotThere(NoSuchAnswer):
    """There is no such question."""


class Settled(NoSuchAnswer):
    """Somebody else was faster, or what it asked about has changed."""


class Asked(Protocol):
    """What settling a question takes: a pair that is at work, or one whose systems can't be reached."""

    @property
    def name(self) -> str: ...

    @property
    def ledger(self) -> Ledger: ...

    def now(self) -> datetime: ...

    def distrust_settings(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Unopened:
    """A pair by its ledger alone: neither of its systems is asked."""

    name: str
    ledger: Ledger

    def now(self) -> datetime:
        """The instant, UTC."""
        return self.ledger.now()

    def distrust_settings(self) -> None:
        """As an opened pair does."""
        distrust(self.ledger, self.name)


def find(pair: Asked, number: int) -> ReviewItem:
    """The question of this number in this pair."""
    with pair.ledger.read() as session:
        item = reviews.find(session, number)
    if item is None or item.pair != pair.name:
        raise NotThere(f"There is no question {number} in {pair.name}.")
    return item


def answer(pair: Asked, number: int, choice: str, *, by: str, note: str = "") -> Choice:
    """Settle an open question; what waited for it is noticed again."""
    item = find(pair, number)
    offered = reviews.question_of(item).choices
    choices = {c.id: c for c in offered} | {str(n): c for n, c in enumerate(offered, start=1)}
    if choice not in choices:
        raise NoSuchAnswer(f"Question {number} has no choice {choice}: choose a number from 1 to {len(offered)}.")
    if choice == reviews.RETRY:
        pair.distrust_settings()
    if item.state == "open":
        with pair.ledger.write() as session:
            if reviews.answer(session, item, choices[choice].id, by=by, now=pair.now(), note=note):
                return choices[choice]
    item = find(pair, number)
    if item.state == "closed" and not item.answered_by:
        raise Settled(f"Question {number} has settled itself: what it asked about has changed.")
    raise Settled(f'Question {number} was settled by {item.answered_by} with "{item.answer}".')
