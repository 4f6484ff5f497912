"""What goes with an approved invoice, whoever approved it: its PDF on the deal, the deal's files, where it is paid."""

from __future__ import annotations

from domain.checking import APPROVED
from domain.records import Invoice
from ledger import outbox
from ledger.session import Session
from ledger.tables import Link
from stages import attachments, pdfs
from stages.pair import Pair


def intend(session: Session, pair: Pair, row: Link, lead: Link, invoice: Invoice) -> None:
    """Intend for the deal of ``lead`` what the mapping wants, each once; ``row`` is the invoice's own link."""
    pdfs.intend(session, pair, lead, invoice)
    attachments.intend(session, pair, row, lead.deal_id, invoice)
    if invoice.status in APPROVED and pair.rules.write_back.payment_link:
        key, plan = f"{outbox.LINK}:{invoice.id}", outbox.text_of({"invoice": invoice.id, "text": ""})
        outbox.intend_once(session, pair.name, outbox.LINK, key, f"deal:{row.deal_id}", plan, pair.now())
