"""Notes in the history of invoices in Xero: one call each, so only where the mapping wants them."""

from __future__ import annotations

from domain.records import Invoice
from ledger import outbox
from ledger.session import Session
from ledger.tables import Effect
from stages import once
from stages.pair import Pair
from stages.restored import is_found
from templates.rendering import render

LONGEST = 2500


def intend(session: Session, pair: Pair, effect: Effect, invoice: Invoice) -> None:
    """Intend a note on a fresh invoice: always, or where a person had a say, or never, as the rule has it."""
    why = outbox.facts(effect.why)
    wanted = why.get("history_note", "never")
    if wanted == "never" or (wanted == "when asked" and not why.get("answers")):
        return
    if is_found(session, pair, effect.id):  # and so may its note
        return
    text = render("xero/history.txt.j2", deal_id=effect.subject.removeprefix("deal:"), invoice=invoice, why=why)
    once.intend(session, pair, outbox.HISTORY, effect.subject, invoice.id, text[:LONGEST])
