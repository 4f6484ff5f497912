"""Approved credit notes of ours: set against the invoices they are meant for, and what their invoice then is.

No more is set against an invoice than is due of it, nor than is left of the credit note: once it is done, one of the
two is nothing, so that a repetition, however late it arrives, is refused by Xero.
"""

from __future__ import annotations

from connectors.errors import NotConnected, TryLater
from domain.records import Invoice
from ledger import audit, inbox, outbox
from ledger.session import Session
from ledger.tables import Effect
from stages import deals_ledger
from stages.pair import Pair
from stages.trying import LOOK_AGAIN, growing


def settle_credit(pair: Pair, effect: Effect, note: Invoice) -> int:
    """Set it against what is due, then record what came of it. Raises ``ConnectorError``."""
    if note.status == "AUTHORISED" and not _allocated(pair, effect, note):
        return 0
    why = outbox.facts(effect.why)
    with pair.ledger.write() as session:
        outcome = outbox.text_of({"number": note.number, "status": note.status, "total": note.total})
        if not outbox.move(session, effect, "chosen", "posted", outcome=outcome):
            return 0
        details = {"number": note.number, "total": note.total, "tax": note.total_tax, "currency": note.currency}
        audit.record(session, pair.name, pair.now(), effect.subject, "credit note issued", details)
        credited = outbox.find(session, str(why.get("of", "")))
        if credited is not None and why.get("then"):
            outbox.move(session, credited, "posted", "posted", goal=str(why["then"]))
        inbox.notice(session, pair.name, inbox.INVOICES, why["against"], pair.now())
        inbox.notice(session, pair.name, inbox.DEALS, [effect.subject.removeprefix("deal:")], pair.now())
    return 1


def _allocated(pair: Pair, effect: Effect, note: Invoice) -> bool:
    """Whether all was set against invoices that can be, one after the other; False if another worker is at it."""
    done = pair.xero.allocations(note.id)
    left = note.total - sum(done.values()) - note.paid
    for invoice in pair.xero.invoices(outbox.facts(effect.why)["against"]):
        part = min(left, invoice.due)
        if invoice.id in done or invoice.status != "AUTHORISED" or part <= 0:
            continue
        if not _try(pair, effect, 1):
            return False
        try:
            pair.xero.allocate(note.id, invoice.id, part, pair.today())
        except (TryLater, NotConnected):
            _try(pair, effect, 0)
            raise
        left -= part
    return True


def _try(pair: Pair, effect: Effect, more: int) -> bool:
    """Count a try, and leave the row alone for a moment in case its answer is lost."""
    with pair.ledger.write() as session:
        again = pair.now() + max(growing(effect.attempts), LOOK_AGAIN)
        return outbox.move(session, effect, "chosen", "chosen", attempts=effect.attempts + more, next_at=again)


def use_up_credit(session: Session, pair: Pair, effect: Effect, invoice: Invoice) -> None:
    """What is left of the credit note that an earlier invoice was taken back by goes to the one made instead."""
    deal, milestone, generation = deals_ledger.parts(effect.identity)
    if generation < 2 or invoice.status != "AUTHORISED":
        return
    key = deals_ledger.identity(pair, deal, deals_ledger.credit_of(milestone), generation - 1)
    note = outbox.by_identity(session, [key]).get(key)
    if note is None or outbox.facts(note.outcome).get("status") != "AUTHORISED":
        return
    why = outbox.facts(note.why)
    if invoice.id not in why["against"]:
        again = outbox.text_of(why | {"against": [*why["against"], invoice.id], "then": ""})
        outbox.move(session, note, "posted", "chosen", why=again, attempts=0, next_at=pair.now())
