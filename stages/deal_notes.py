"""One note on the deal that says how its invoice stands: written where the mapping wants it, and kept up to date."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.contract import DealNote
from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
from domain.money import show
from domain.records import Invoice
from domain.terms import show_date
from domain.write_back import UNDONE, invoice_link
from ledger import audit, links, newest, outbox
from ledger.session import Session
from ledger.tables import Effect, Link
from stages.pair import Pair
from stages.trying import TRIES, growing, not_sent
from templates.rendering import render

# Beside the deal's own fields in ``Link.agreed``; the spaces keep them apart from any field's name.
SAYS, IS = "the note", "the note's id"


def intend(session: Session, pair: Pair, row: Link, invoice: Invoice, status: str) -> bool:
    """Intend to have the note say how the invoice stands, unless it was told so."""
    if pair.rules.write_back.note == "never" or not pair.crm.takes_notes:
        return False
    text = _text(pair, invoice, status)
    pending = newest.latest(session, pair.name, f"deal:{row.deal_id}", outbox.NOTE)
    told = outbox.facts(pending.plan)["text"] if pending else links.agreed(row).get(SAYS, "")
    if told == text:
        return False
    row.told += 1
    session.add(row)
    plan = outbox.text_of({"link": row.id, "invoice": row.xero_id, "text": text})
    key = f"{outbox.NOTE}:{row.id}:{row.told}"
    outbox.intend(session, pair.name, outbox.NOTE, key, f"deal:{row.deal_id}", plan, pair.now())
    return True


def _text(pair: Pair, invoice: Invoice, status: str) -> str:
    undone = invoice.status in UNDONE
    return render(
        "xero/deal_note.txt.j2",
        invoice=invoice,
        status=status,
        total=show(invoice.total, invoice.currency),
        due="" if undone or not invoice.due else show(invoice.due, invoice.currency),
        due_date="" if undone or not invoice.due or not invoice.due_date else show_date(invoice.due_date),
        link=invoice_link(invoice.id, pair.books().organisation.short_code),
    )


def write(pair: Pair) -> None:
    """Write the notes that are due, the latest word of each deal. Raises ``ConnectorError`` when the CRM stops us."""
    with pair.ledger.read() as session:
        due = outbox.due(session, pair.name, [outbox.NOTE], pair.now())
    for effect in _begin(pair, due):
        _write(pair, effect)


def _begin(pair: Pair, due: Sequence[Effect]) -> list[Effect]:
    with pair.ledger.write() as session:
        return [
            effect
            for effect in newest.of_each(session, due)
            if outbox.move(session, effect, effect.state, "sending", attempts=effect.attempts + 1, sent_at=pair.now())
        ]


def _write(pair: Pair, effect: Effect) -> None:
    plan = outbox.facts(effect.plan)
    with pair.ledger.read() as session:
        row = session.get(Link, plan["link"])
        known = links.agreed(row).get(IS, "") if row is not None else ""
    deal = effect.subject.removeprefix("deal:")
    try:
        note_id = pair.crm.put_note(DealNote(deal, plan["invoice"], plan["text"], pair.now(), known))
    except (TryLater, NotConnected) as trouble:
        not_sent(pair, [effect], trouble)
        raise
    except OutcomeUnknown:
        if effect.attempts >= TRIES:
            _done(pair, effect, {}, "withdrawn")
            return
        with pair.ledger.write() as session:  # found by its mark, or written anew
            outbox.move(session, effect, "sending", "planned", next_at=pair.now() + growing(effect.attempts))
        raise
    except (Rejected, Gone):  # a note that is missing harms nobody: the deal's fields say the same
        _done(pair, effect, {SAYS: plan["text"]}, "withdrawn")
    else:
        _done(pair, effect, {SAYS: plan["text"], IS: note_id}, "posted")


def _done(pair: Pair, effect: Effect, agreed: dict[str, str], state: str) -> None:
    with pair.ledger.write() as session:
        row = session.get(Link, outbox.facts(effect.plan)["link"])
        if outbox.move(session, effect, "sending", state) and row is not None:
            links.agree(session, row, agreed)
            audit.record(session, pair.name, pair.now(), effect.subject, "deal's note written", {"done": state})
