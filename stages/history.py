"""Notes in the history of invoices in Xero: one call each, so only where the mapping wants them."""

from __future__ import annotations

from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
from domain.records import Invoice
from ledger import outbox
from ledger.session import Session
from ledger.tables import Effect
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
    key = f"{outbox.HISTORY}:{invoice.id}"
    if outbox.by_key(session, pair.name, key) is not None:
        return
    text = render("xero/history.txt.j2", deal_id=effect.subject.removeprefix("deal:"), invoice=invoice, why=why)
    session.add(
        Effect(
            id=outbox.effect_id(pair.name, key),
            pair=pair.name,
            kind=outbox.HISTORY,
            key=key,
            subject=effect.subject,
            plan=outbox.text_of({"invoice": invoice.id, "text": text[:LONGEST]}),
            created_at=pair.now(),
            next_at=pair.now(),
        )
    )


def write(pair: Pair) -> None:
    """Write the notes that are due; a doubtful one is not repeated, since a second note is worse than none."""
    with pair.ledger.read() as session:
        waiting = outbox.due(session, pair.name, outbox.HISTORY, pair.now())
    for effect in waiting:
        if effect.state == "sending":  # by a worker that died: nobody knows whether it was written
            _move(pair, effect, "withdrawn")
            continue
        with pair.ledger.write() as session:
            ours = outbox.move(session, effect, "planned", "sending", attempts=effect.attempts + 1, sent_at=pair.now())
        if not ours:
            continue
        plan = outbox.facts(effect.plan)
        try:
            pair.xero.add_history(plan["invoice"], plan["text"])
        except (TryLater, NotConnected):
            _move(pair, effect, "planned")
            raise
        except (OutcomeUnknown, Rejected, Gone):
            _move(pair, effect, "withdrawn")
        else:
            _move(pair, effect, "posted")


def _move(pair: Pair, effect: Effect, state: str) -> None:
    with pair.ledger.write() as session:
        outbox.move(session, effect, "sending", state)
