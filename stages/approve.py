"""Approve: the chosen drafts are held against their plans, authorised by id, and linked to their deals."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.errors import NotConnected, OutcomeUnknown, TryLater
from connectors.xero import approve_element
from domain.checking import APPROVED, UNDONE, differences
from domain.records import Invoice
from domain.write_back import is_paid
from ledger import audit, inbox, outbox
from ledger.session import Session
from ledger.tables import Effect
from stages import asking, capture, frozen, history, sync_back
from stages.afterwards import link_invoice
from stages.look import undone_by_person
from stages.outcome import Made
from stages.pair import Pair
from stages.trying import LOOK_AGAIN, TRIES, growing


def finish(pair: Pair, effects: Sequence[Effect], fresh: dict[str, Invoice], made: Made) -> int:
    """Check the chosen drafts, approve those that are to be, and record what came of them."""
    unread = [e.xero_id for e in effects if e.id not in fresh and e.xero_id]
    by_id = {i.id: i for i in (pair.xero.invoices(unread) if unread else [])} | {i.id: i for i in fresh.values()}
    to_approve: list[tuple[Effect, Invoice]] = []
    posted = 0
    for effect in effects:
        invoice = by_id.get(effect.xero_id or "")
        if invoice is None:
            asking.hold(pair, effect, asking.missing(effect.subject))
        elif not _is_sound(pair, effect, invoice):
            continue
        elif not effect.approve or invoice.status in APPROVED:
            posted += _post(pair, effect, invoice)
        elif effect.attempts >= TRIES:
            asking.hold(pair, effect, asking.no_answer(effect.subject, TRIES, asking.LEAVE))
        else:
            to_approve.append((effect, invoice))
    drafts = {effect.id: invoice for effect, invoice in to_approve}
    requests = outbox.requests([effect for effect, _ in to_approve])
    return posted + sum(_approve(pair, [(e, drafts[e.id]) for e in request], made) for request in requests)


def _is_sound(pair: Pair, effect: Effect, invoice: Invoice) -> bool:
    """Whether the draft is what was planned; if not, a person was asked."""
    if invoice.status in UNDONE:
        asking.hold(pair, effect, undone_by_person(effect, invoice))
        return False
    plan = frozen.INVOICE_PLAN.validate_json(effect.plan)
    differing = differences(plan, effect.contact_id, invoice)
    if differing and not outbox.facts(effect.why).get("accepted"):
        asking.hold(pair, effect, asking.total_differs(effect.subject, differing, invoice.number))
        return False
    return True


def _approve(pair: Pair, pairs: Sequence[tuple[Effect, Invoice]], made: Made) -> int:
    """Authorise by id: whoever repeats this names the same invoice."""
    _attempt(pair, [e for e, _ in pairs])
    try:
        answer = pair.xero.update_invoices([approve_element(i) for _, i in pairs])
    except OutcomeUnknown:
        made.doubtful += len(pairs)
        return 0
    except (TryLater, NotConnected):
        _attempt(pair, [e for e, _ in pairs], -1)
        raise
    done = {i.id: i for i in answer.done}
    words = dict(answer.refused)
    posted = 0
    for effect, invoice in pairs:
        if invoice.id in done:
            posted += _post(pair, effect, done[invoice.id])
        elif invoice.id in words:
            refused(pair, effect, words[invoice.id])
        else:
            made.doubtful += 1
    return posted


def _attempt(pair: Pair, effects: Sequence[Effect], more: int = 1) -> None:
    """Count the try, and leave the row alone for a moment in case its answer is lost."""
    with pair.ledger.write() as session:
        for effect in effects:
            again = pair.now() + max(growing(effect.attempts), LOOK_AGAIN)
            outbox.move(session, effect, "chosen", "chosen", attempts=effect.attempts + more, next_at=again)


def _post(pair: Pair, effect: Effect, invoice: Invoice) -> int:
    """The invoice stands as intended: link it, tell the deal, write the trail, in one commit."""
    with pair.ledger.write() as session:
        outcome = outbox.text_of({"number": invoice.number, "status": invoice.status, "total": invoice.total})
        if not outbox.move(session, effect, "chosen", "posted", outcome=outcome):
            return 0
        record(session, pair, effect, invoice)
    return 1


def record(session: Session, pair: Pair, effect: Effect, invoice: Invoice) -> None:
    """Link an invoice to its deal and intend to tell the deal."""
    row = link_invoice(session, pair, effect)
    event = "invoice approved" if invoice.status in APPROVED else "invoice left as draft"
    details = {"number": invoice.number, "total": invoice.total, "tax": invoice.total_tax, "currency": invoice.currency}
    audit.record(session, pair.name, pair.now(), effect.subject, event, details)
    sync_back.tell(session, pair, row, invoice)
    if not is_paid(invoice):
        # All that it says is told: it is read again when it says something else.
        inbox.fresh(session, pair.name, inbox.INVOICES, {invoice.id: capture.stamp_of(invoice)}, pair.now())
    history.intend(session, pair, effect, invoice)


def refused(pair: Pair, effect: Effect, words: tuple[str, ...]) -> None:
    """What we know of accounts, tax rates and contacts may be out of date: a draft is decided anew once."""
    pair.distrust_settings()
    if effect.xero_id is None and not outbox.facts(effect.outcome).get(outbox.ANEW):
        asking.decide_anew(pair, effect)
    else:
        asking.hold(pair, effect, asking.refused(effect.subject, words))
