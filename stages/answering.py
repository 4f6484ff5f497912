"""Settling a question: what may be answered, and what is said to whoever answers amiss."""

from __future__ import annotations

from domain.decision import Choice
from ledger import reviews
from ledger.tables import ReviewItem
from stages.pair import Pair


class NoSuchAnswer(Exception):
    """The question is not there, is settled already, or has no such choice; the message says so."""


def find(pair: Pair, number: int) -> ReviewItem:
    """The question of this number in this pair."""
    with pair.ledger.read() as session:
        item = reviews.find(session, number)
    if item is None or item.pair != pair.name:
        raise NoSuchAnswer(f"There is no question {number} in {pair.name}.")
    return item


def answer(pair: Pair, number: int, choice: str, *, by: str, note: str = "") -> Choice:
    """Settle an open question; what waited for it is noticed again."""
    item = find(pair, number)
    choices = {c.id: c for c in reviews.question_of(item).choices}
    if choice not in choices:
        raise NoSuchAnswer(f'"{choice}" is not a choice of question {number}. Choose one of: {", ".join(choices)}.')
    if choice == reviews.RETRY:
        pair.distrust_settings()
    if item.state == "open":
        with pair.ledger.write() as session:
            if reviews.answer(session, item, choice, by=by, now=pair.now(), note=note):
                return choices[choice]
    item = find(pair, number)
    if item.state == "closed" and not item.answered_by:
        raise NoSuchAnswer(f"Question {number} has settled itself: what it asked about has changed.")
    raise NoSuchAnswer(f'Question {number} was settled by {item.answered_by} with "{item.answer}".')
