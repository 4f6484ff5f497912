"""The approved invoice as a PDF on its deal, where the mapping wants it: once for each version of the invoice.

Before it is put there is looked whether it is there, so that it may be tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from connectors.contract import DealFile
from domain.checking import APPROVED, content
from domain.decision import Choice, Question
from domain.records import Invoice
from ledger import audit, outbox
from ledger.session import Session
from ledger.tables import Effect, Link
from stages import asking
from stages.pair import Pair
from stages.trying import carry_out


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
    carry_out(pair, outbox.PDF, "The CRM", partial(_put, pair), partial(_done, pair))


def _put(pair: Pair, effect: Effect) -> list[str]:
    plan = outbox.facts(effect.plan)
    read = pair.xero.invoice_pdf(plan["invoice"])
    pair.crm.put_file(DealFile(effect.subject.removeprefix("deal:"), plan["name"], read, pair.now()))
    return []


def _done(pair: Pair, effect: Effect, refused: Sequence[str]) -> None:
    plan, words = outbox.facts(effect.plan), " ".join(refused)
    ended = {"state": "withdrawn", "outcome": outbox.text_of({"words": words})} if refused else {"state": "posted"}
    with pair.ledger.write() as session:
        if not outbox.move(session, effect, "sending", **ended):
            return
        if refused:
            asking.ask_about_invoice(session, pair, not_put(effect, words), plan["invoice"])
            return
        told = {"name": plan["name"]}
        audit.record(session, pair.name, pair.now(), effect.subject, "PDF put on the deal", told)


def not_put(effect: Effect, words: str) -> Question:
    """The PDF could not be put on the deal."""
    facts = {"file": outbox.facts(effect.plan)["name"], "words": words}
    return Question("pdf_refused", effect.subject, facts, (Choice("leave", "I look after it"),))
