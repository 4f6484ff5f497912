"""Questions that come from the outside, and the one way to put a question to people."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from connectors.errors import NotConnected
from domain.decision import Choice, Question
from domain.steps import LEAVE, RETRY
from ledger import audit, inbox, outbox, reviews
from ledger.database import Ledger
from ledger.session import Session
from ledger.tables import Effect, ReviewItem
from stages.pair import Pair

__all__ = ["IGNORE", "LEAVE", "RETRY"]
IGNORE = Choice("ignore", "Leave this deal without an invoice until it changes")
OTHER = "other_organisation"


class OtherOrganisation(NotConnected):
    """Xero answers for another organisation than the mapping names; ``facts`` says which, the message doesn't."""

    def __init__(self, named: str, found: str) -> None:
        self.facts = {"system": "xero", "named": named, "connected to": found}
        super().__init__("xero", "GET /Organisation", "connected to another organisation than the mapping names")


def ask(session: Session, pair: Pair, question: Question, deal_id: str) -> ReviewItem:
    """Open the question for this deal, which goes on when it is answered."""
    return reviews.ask(session, pair.name, question, pair.now(), inbox.DEALS, deal_id)


def ask_about_invoice(session: Session, pair: Pair, question: Question, invoice_id: str) -> None:
    """Open it unless it was answered before. That its deal is looked at again settles nothing."""
    if question.identity not in reviews.answers(session, pair.name, [question.subject]):
        reviews.ask(session, pair.name, question, pair.now(), inbox.INVOICES, invoice_id)


def hold(pair: Pair, effect: Effect, question: Question) -> None:
    """Put an effect to people; the row remembers what was asked."""
    deal = effect.subject.removeprefix("deal:")
    with pair.ledger.write() as session:
        answered = reviews.answers(session, pair.name, [question.subject]).get(question.identity, "")
        if not outbox.move(
            session,
            effect,
            ("planned", "sending", "unknown", "chosen"),
            "held",
            outcome=outbox.text_of({"asked": question.identity}),
        ):
            return
        if answered:
            # The same facts as before: what was said then still holds.
            inbox.notice(session, pair.name, inbox.DEALS, [deal], pair.now())
            return
        item = ask(session, pair, question, deal)
        audit.record(session, pair.name, pair.now(), effect.subject, "held", {"item": item.id, "kind": question.kind})


def decide_anew(pair: Pair, effect: Effect) -> None:
    """Take an intention back because the ground it stood on may have moved: its deal is looked at again."""
    deal = effect.subject.removeprefix("deal:")
    outcome = outbox.text_of(outbox.facts(effect.outcome) | {outbox.ANEW: True})
    with pair.ledger.write() as session:
        if outbox.move(session, effect, "sending", "held", outcome=outcome):
            inbox.notice(session, pair.name, inbox.DEALS, [deal], pair.now())
            audit.record(session, pair.name, pair.now(), effect.subject, "decided anew", {"why": "refused by Xero"})


def refused(subject: str, words: Sequence[str], leave: Choice = IGNORE) -> Question:
    """Xero would not have it; its own words are the reason."""
    return Question("refused", subject, {"words": "\n".join(words)}, (RETRY, leave))


def no_answer(subject: str, tries: int, leave: Choice = IGNORE) -> Question:
    """Xero answers others, and never this one."""
    return Question("tried_too_often", subject, {"tries": str(tries)}, (RETRY, leave))


def missing(subject: str) -> Question:
    """The chosen invoice can't be read any more."""
    return Question(
        "voided_by_person", subject, {"status": "not found"}, (RETRY, Choice("leave", "Leave it without an invoice"))
    )


@contextmanager
def to_connect_again(ledger: Ledger, pair: str) -> Generator[None]:
    """Where our authorisation ends, people are asked to connect again, once for the pair."""
    try:
        yield
    except NotConnected as ended:
        with ledger.write() as session:
            reviews.ask(session, pair, about_connection(ended), ledger.now(), "pair", pair)
        raise


def about_connection(ended: NotConnected) -> Question:
    """One question for the pair, whatever waits."""
    if isinstance(ended, OtherOrganisation):
        return Question(OTHER, "pair", ended.facts, (RETRY,))
    return Question("not_connected", "pair", {"system": ended.system, "detail": ended.detail}, (RETRY,))
