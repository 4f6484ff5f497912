"""What is said of an invoice once and never again: a note in its history, a mail to its customer, a reminder.

In doubt it is not repeated: a second note, and still more a second mail, is worse than none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
from domain.checking import UNDONE
from domain.decision import Choice, Question
from ledger import audit, inbox, links, outbox, seen
from ledger.session import Session
from ledger.tables import Effect
from stages import asking, repeating, sync_back
from stages.pair import Pair

KINDS = (outbox.HISTORY, outbox.MAIL, outbox.REMINDER, outbox.WAKE, outbox.LINK, outbox.LOOK)
AT_ONCE = timedelta(minutes=1)
# So many a run.
MOST = 300
MYSELF = Choice("leave", "I look after it in Xero")


def intend(
    session: Session,
    pair: Pair,
    kind: str,
    subject: str,
    invoice_id: str,
    text: str = "",
    at: datetime | None = None,
) -> None:
    """Intend it for now or for then, unless it was intended for this invoice before, whatever became of it."""
    key = f"{kind}:{invoice_id}"
    plan = outbox.text_of({"invoice": invoice_id, "text": text})
    outbox.intend_once(session, pair.name, kind, key, subject, plan, pair.now(), next_at=at or pair.now())


def wake(session: Session, pair: Pair, deal_id: str, why: str, day: date) -> None:
    """Have a deal looked at again once this day begins where the organisation is; ``why`` tells its days apart."""
    intend(session, pair, outbox.WAKE, f"deal:{deal_id}", why, at=pair.start_of(day).astimezone(UTC))


def write(pair: Pair) -> None:
    """Say what is due."""
    with pair.ledger.read() as session:
        due = outbox.due(session, pair.name, KINDS, pair.now(), MOST)
    for effect in sorted(due, key=lambda each: KINDS.index(each.kind)):
        if effect.kind == outbox.REMINDER:
            _remind(pair, effect)
        elif effect.kind == outbox.WAKE:
            _wake(pair, effect)
        elif effect.kind == outbox.LINK:
            _tell_link(pair, effect)
        elif effect.kind == outbox.LOOK:
            repeating.look(pair, effect)
        elif effect.kind != outbox.MAIL or not _had_left(pair, effect):
            _write(pair, effect)


def _had_left(pair: Pair, effect: Effect) -> bool:
    """Whether a mail that did not leave with its invoice has left all the same: a ledger put back from a copy has
    forgotten it.
    """
    invoice_id = outbox.facts(effect.plan)["invoice"]
    if pair.now() - effect.next_at <= AT_ONCE or not any(i.was_sent for i in pair.xero.invoices([invoice_id])):
        return False
    with pair.ledger.write() as session:
        outbox.move(session, effect, ("planned", "sending"), "posted")
    return True


def _write(pair: Pair, effect: Effect) -> None:
    if effect.state == "sending":  # by a worker that died: nobody knows whether it was told
        _give_up(pair, effect, "Xero's answer was lost.")
        return
    with pair.ledger.write() as session:
        ours = outbox.move(session, effect, "planned", "sending", attempts=effect.attempts + 1, sent_at=pair.now())
    if not ours:
        return
    plan = outbox.facts(effect.plan)
    try:
        if effect.kind == outbox.MAIL:
            pair.xero.send_invoice(plan["invoice"])
        else:
            pair.xero.add_history(plan["invoice"], plan["text"])
    except (TryLater, NotConnected):
        with pair.ledger.write() as session:
            outbox.move(session, effect, "sending", "planned")
        raise
    except OutcomeUnknown:
        _give_up(pair, effect, "Xero's answer was lost.")
    except Rejected as refusal:
        _give_up(pair, effect, " ".join(refusal.words))
    except Gone:
        _give_up(pair, effect, "Xero does not know the invoice.")
    else:
        with pair.ledger.write() as session:
            if outbox.move(session, effect, "sending", "posted") and effect.kind == outbox.MAIL:
                audit.record(
                    session, pair.name, pair.now(), effect.subject, "invoice mailed", {"xero": plan["invoice"]}
                )


def _remind(pair: Pair, effect: Effect) -> None:
    plan = outbox.facts(effect.plan)
    with pair.ledger.write() as session:
        row = seen.invoice(session, pair.name, plan["invoice"])
        if outbox.move(session, effect, "planned", "posted") and (row is None or row.status not in UNDONE):
            question = export_reminder(effect.subject, row.number if row else "", plan["text"])
            asking.ask_about_invoice(session, pair, question, plan["invoice"])


def _wake(pair: Pair, effect: Effect) -> None:
    """Its deal is looked at again."""
    with pair.ledger.write() as session:
        if outbox.move(session, effect, "planned", "posted"):
            deal = effect.subject.removeprefix("deal:")
            inbox.notice(session, pair.name, inbox.DEALS, [deal], pair.now())


def _tell_link(pair: Pair, effect: Effect) -> None:
    """Ask where the invoice is paid online, and have the deal told. Reading may be repeated."""
    invoice, name = outbox.facts(effect.plan)["invoice"], pair.rules.write_back.payment_link
    address = pair.xero.online_invoice(invoice) if name else ""
    with pair.ledger.write() as session:
        row = links.invoices(session, pair.name, [invoice]).get(invoice)
        if outbox.move(session, effect, "planned", "posted") and row is not None and name and address:
            sync_back.tell_more(session, pair, row, {name: address})


def export_reminder(subject: str, number: str, leave_by: str) -> Question:
    """Goods that were sold free of GST have to be out of the country soon."""
    done = Choice("leave", "It is seen to")
    return Question("export_reminder", subject, {"invoice": number, "leave Australia by": leave_by}, (done,))


def _give_up(pair: Pair, effect: Effect, words: str) -> None:
    """A note that is missing harms nobody; of a mail a person hears."""
    with pair.ledger.write() as session:
        if outbox.move(session, effect, "sending", "withdrawn") and effect.kind == outbox.MAIL:
            invoice = outbox.facts(effect.plan)["invoice"]
            asking.ask_about_invoice(session, pair, not_mailed(effect.subject, invoice, words), invoice)


def not_mailed(subject: str, invoice_id: str, words: str) -> Question:
    """Xero did not mail the invoice, or it is not known whether it did."""
    return Question("not_mailed", subject, {"words": words, "version": invoice_id}, (MYSELF,))
