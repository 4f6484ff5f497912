"""A record of Xero's that makes no sense to us is a question about that record, and never the end of a batch."""

from __future__ import annotations

from collections.abc import Callable

from domain.decision import Choice, Question
from ledger import inbox, reviews
from ledger.database import Ledger


def asking_about(ledger: Ledger, pair: str) -> Callable[[str, str, str], None]:
    """What the connector tells of such a record: its kind, its id, and the field that made no sense."""

    def ask(kind: str, record: str, field: str) -> None:
        choices = (Choice("retry", "It has been put right in Xero: look again"), Choice("ignore", "Leave it aside"))
        subject = f"{kind}:{record}"
        question = Question("record_unreadable", subject, {"kind": kind, "record": record, "field": field}, choices)
        with ledger.write() as session:
            if question.identity not in reviews.answers(session, pair, [subject]):
                reviews.ask(session, pair, question, ledger.now(), inbox.INVOICES, record)

    return ask
