"""The approved invoice as a PDF on its deal, where the mapping wants it: once for each version of the invoice.

Before it is put there is looked whether it is there, so that it may be tried again.
"""

from __future__ import annotations

from connectors.contract import DealFile
from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
from domain.checking import APPROVED, content
from domain.decision import Choice, Question
from domain.records import Invoice
from ledger import audit, inbox, outbox, reviews
from ledger.session import Session
from ledger.tables import Effect, Link
from stages.pair import Pair
from stages.trying import TRIES, growing, not_sent


def intend(session: Session, pair: Pair, row: Link, invoice: Invoice) -> None:
    """Intend it for this version of the invoice, unless it was intended before, whatever became of it."""
    if pair.rules.write_back.pdf == "never" or invoice.status not in APPROVED or not invoice.lines:
        return
    subject, version = f"deal:{row.deal_id}", content(invoice)
    earlier = outbox.of_subject(session, pair.name, subject, outbox.PDF)
    of_it = [plan for each in earlier if (plan := outbox.facts(each.plan))["invoice"] == invoice.id]
    if any(plan["version"] == version for plan in of_it):
        return
    number = invoice.number or invoice.id
    name = f"{number}.pdf" if not of_it else f"{number} ({len(of_it) + 1}).pdf"
    plan = outbox.text_of({"invoice": invoice.id, "version": version, "name": name.replace("/", "-").replace('"', "")})
    outbox.intend(
        session, pair.name, outbox.PDF, f"{outbox.PDF}:{row.deal_id}:{invoice.id}:{version}", subject, plan, pair.now()
    )


def write(pair: Pair) -> None:
    """Put those that are due on their deals. Raises ``ConnectorError`` when a system stops us."""
    with pair.ledger.read() as session:
        due = outbox.due(session, pair.name, outbox.PDF, pair.now())
    for effect in due:
        with pair.ledger.write() as session:
            told = {"attempts": effect.attempts + 1, "sent_at": pair.now()}
            ours = outbox.move(session, effect, effect.state, "sending", **told)
        if ours:
            _write(pair, effect)


def _write(pair: Pair, effect: Effect) -> None:
    plan = outbox.facts(effect.plan)
    try:
        read = pair.xero.invoice_pdf(plan["invoice"])
        pair.crm.put_file(DealFile(effect.subject.removeprefix("deal:"), plan["name"], read, pair.now()))
    except (TryLater, NotConnected) as trouble:
        not_sent(pair, [effect], trouble)
        raise
    except OutcomeUnknown:
        if effect.attempts >= TRIES:
            _refused(pair, effect, f"The CRM gave no answer, {TRIES} times.")
            return
        with pair.ledger.write() as session:
            outbox.move(session, effect, "sending", "planned", next_at=pair.now() + growing(effect.attempts))
        raise
    except Rejected as refusal:
        _refused(pair, effect, " ".join(refusal.words))
    except Gone:
        _refused(pair, effect, "The deal or the invoice is no longer there.")
    else:
        with pair.ledger.write() as session:
            if outbox.move(session, effect, "sending", "posted"):
                told = {"name": plan["name"]}
                audit.record(session, pair.name, pair.now(), effect.subject, "PDF put on the deal", told)


def _refused(pair: Pair, effect: Effect, words: str) -> None:
    with pair.ledger.write() as session:
        if not outbox.move(session, effect, "sending", "withdrawn", outcome=outbox.text_of({"words": words})):
            return
        question = not_put(effect, words)
        if question.identity not in reviews.answers(session, pair.name, [question.subject]):
            invoice = outbox.facts(effect.plan)["invoice"]
            reviews.ask(session, pair.name, question, pair.now(), inbox.INVOICES, invoice)


def not_put(effect: Effect, words: str) -> Question:
    """The PDF could not be put on the deal."""
    facts = {"file": outbox.facts(effect.plan)["name"], "words": words}
    return Question("pdf_refused", effect.subject, facts, (Choice("leave", "I look after it"),))
