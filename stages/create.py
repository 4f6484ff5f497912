"""Create: one invoice per deal, in two phases.

A draft is put, one answer is chosen and committed, and only the chosen one is ever approved, by its id. Whatever is
lost, late or repeated can leave at most a stray draft, which is swept. DECISIONS.md has the argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
from connectors.xero import Answer, approve_element, draft_element, idempotency_key
from domain.checking import APPROVED, UNDONE, differences
from domain.records import Invoice
from ledger import audit, inbox, leases, outbox
from ledger.tables import Effect
from stages import asking, frozen, history, sync_back
from stages.afterwards import link_invoice
from stages.contacts import LOOK_AGAIN, SETTLE, is_gone, make_contacts, not_sent
from stages.look import Seen, deal_of, judge, look, sweep, undone_by_person
from stages.pair import Pair

LEASE = timedelta(minutes=10)
# Requests have been carried out as late as twenty minutes after their answer was lost.
SWEEP_FOR = timedelta(minutes=90)
ALONE = "alone"
BATCH = 50


@dataclass(slots=True)
class Made:
    """What one pass did: invoices posted, drafts swept, and effects whose answer was lost."""

    posted: int = 0
    swept: int = 0
    doubtful: int = 0


def create(pair: Pair) -> Made:
    """Carry out what the outbox intends in Xero, batch after batch until nothing is due.

    Raises ``TryLater`` or ``NotConnected`` when Xero stops us; what was begun is finished by the next pass.
    """
    made = Made()
    if not _anything_due(pair):
        return made
    pair.read_settings()
    with leases.held(pair.ledger, f"create {pair.name}", pair.worker, LEASE) as token:
        if token is None:
            return made
        made.doubtful += len(make_contacts(pair))
        while _batch(pair, made):
            pass
        history.write(pair)
    return made


def _anything_due(pair: Pair) -> bool:
    with pair.ledger.read() as session:
        return outbox.waits(session, pair.name, outbox.IN_XERO, pair.now()) or bool(
            outbox.to_sweep(session, pair.name, pair.now())
        )


def _batch(pair: Pair, made: Made) -> bool:
    """One batch of invoices; False when there was none, or nothing more to do now."""
    ready = _ready(pair)
    with pair.ledger.read() as session:
        late = outbox.to_sweep(session, pair.name, pair.now())
    if not ready and not late:
        return False
    known = {e.id for e in ready}
    watched = [*ready, *(e for e in late if e.id not in known)]
    seen = look(pair, watched)
    _settle(pair, ready, seen, made)
    fresh = _send(pair, [e for e in ready if e.state == "planned"], made)
    made.posted += _finish(pair, [e for e in ready if e.state == "chosen"], fresh, made)
    made.swept += sweep(pair, watched, seen)
    return len(ready) >= BATCH


def _ready(pair: Pair) -> list[Effect]:
    """Invoices to work on whose contact is known; the others wait a little."""
    ready: list[Effect] = []
    with pair.ledger.write() as session:
        for effect in outbox.due(session, pair.name, outbox.INVOICE, pair.now(), BATCH):
            if not effect.contact_id:
                contact = outbox.find(session, effect.needs)
                if contact is None or contact.state != "posted" or contact.xero_id is None:
                    outbox.move(session, effect, effect.state, effect.state, next_at=pair.now() + LOOK_AGAIN)
                    continue
                outbox.move(session, effect, effect.state, effect.state, contact_id=contact.xero_id)
            ready.append(effect)
    return ready


def _settle(pair: Pair, effects: Sequence[Effect], seen: Seen, made: Made) -> None:
    """Before anything is sent: adopt what is there already; send again only what can't be on its way any more."""
    for effect in effects:
        if effect.xero_id is not None:
            continue
        verdict = judge(pair, effect, seen)
        if verdict.question is not None:
            asking.hold(pair, effect, verdict.question)
        elif verdict.adopt is not None:
            with pair.ledger.write() as session:
                outbox.choose(session, effect, verdict.adopt.id, pair.now())
        elif effect.state in {"sending", "unknown"}:
            settled = effect.sent_at is None or pair.now() - effect.sent_at >= SETTLE
            state, at = ("planned", pair.now()) if settled else ("unknown", pair.now() + LOOK_AGAIN)
            made.doubtful += not settled
            with pair.ledger.write() as session:
                # What was begun before may still arrive.
                outbox.watch(session, effect, pair.now() + SWEEP_FOR)
                outbox.move(session, effect, effect.state, state, epoch=effect.epoch + settled, next_at=at)


def _send(pair: Pair, effects: Sequence[Effect], made: Made) -> dict[str, Invoice]:
    """Put drafts, all in one request unless one of them spoiled a request before; returns the answers by effect id."""
    alone = [e for e in effects if outbox.facts(e.outcome).get(ALONE)]
    together = [e for e in effects if e not in alone]
    fresh: dict[str, Invoice] = {}
    for group in ([together] if together else []) + [[e] for e in alone]:
        sending = _begin(pair, group)
        if sending:
            fresh |= _put(pair, sending, made)
    return fresh


def _begin(pair: Pair, effects: Sequence[Effect]) -> list[Effect]:
    """Commit that they are being sent, before they are; a deal that changed meanwhile is decided anew instead."""
    now = pair.now()
    sending: list[Effect] = []
    with pair.ledger.write() as session:
        changed = inbox.pending(session, pair.name, inbox.DEALS, [deal_of(e) for e in effects])
        for effect in effects:
            if deal_of(effect) in changed:
                outbox.move(session, effect, "planned", "planned", next_at=now + LOOK_AGAIN)
                continue
            if effect.body is None:
                plan = frozen.INVOICE_PLAN.validate_json(effect.plan)
                outbox.freeze(session, effect, draft_element(plan, effect.contact_id, effect.marker))
            first = effect.first_sent_at or now
            if outbox.move(
                session, effect, "planned", "sending", attempts=effect.attempts + 1, sent_at=now, first_sent_at=first
            ):
                sending.append(effect)
    return sending


def _put(pair: Pair, sending: Sequence[Effect], made: Made) -> dict[str, Invoice]:
    bodies = [e.body or b"" for e in sending]
    key = idempotency_key(pair.books().organisation.id, b"\n".join(bodies), max(e.epoch for e in sending))
    try:
        answer = pair.xero.create_drafts(bodies, key)
    except (TryLater, NotConnected) as trouble:
        not_sent(pair, sending, trouble)
        raise
    except (Rejected, Gone):
        _doubt(pair, sending, made, alone=True)
        return {}
    except OutcomeUnknown:
        _doubt(pair, sending, made, alone=False)
        return {}
    return _choose(pair, sending, answer, made)


def _doubt(pair: Pair, effects: Sequence[Effect], made: Made, *, alone: bool) -> None:
    """It may have happened: look before repeating, and watch for late drafts."""
    made.doubtful += len(effects)
    now = pair.now()
    with pair.ledger.write() as session:
        for effect in effects:
            outbox.watch(session, effect, now + SWEEP_FOR)
            outbox.move(
                session,
                effect,
                "sending",
                "unknown",
                next_at=now + LOOK_AGAIN,
                outcome=outbox.text_of({ALONE: True} if alone else {}),
            )


def _choose(pair: Pair, sending: Sequence[Effect], answer: Answer[Invoice], made: Made) -> dict[str, Invoice]:
    """The one moment at which an invoice becomes *the* invoice of an effect."""
    by_marker = {e.marker: e for e in sending}
    chosen: dict[str, Invoice] = {}
    with pair.ledger.write() as session:
        for invoice in answer.done:
            effect = by_marker.pop(invoice.marker, None)
            if effect is None:
                continue
            if outbox.choose(session, effect, invoice.id, pair.now()):
                details = {"xero": invoice.id, "number": invoice.number, "total": invoice.total}
                audit.record(session, pair.name, pair.now(), effect.subject, "invoice drafted", details)
                chosen[effect.id] = invoice
            else:  # another worker was faster: this one is a stray
                outbox.watch(session, effect, pair.now() + SWEEP_FOR)
    for marker, words in answer.refused:
        effect = by_marker.pop(marker, None)
        if effect is not None:
            _refused(pair, effect, words)
    _doubt(pair, list(by_marker.values()), made, alone=False)
    return chosen


def _refused(pair: Pair, effect: Effect, words: tuple[str, ...]) -> None:
    # What we know of accounts, tax rates and contacts may be out of date.
    pair.distrust_settings()
    if effect.xero_id is None and is_gone(pair, effect.contact_id):
        asking.decide_anew(pair, effect)
    else:
        asking.hold(pair, effect, asking.refused(effect.subject, words))


def _finish(pair: Pair, effects: Sequence[Effect], fresh: dict[str, Invoice], made: Made) -> int:
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
        elif effect.approve and invoice.status not in APPROVED:
            to_approve.append((effect, invoice))
        else:
            posted += _post(pair, effect, invoice)
    return posted + (_approve(pair, to_approve, made) if to_approve else 0)


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
    done = {i.id: i for i in answer.done}
    refused = dict(answer.refused)
    posted = 0
    for effect, invoice in pairs:
        if invoice.id in done:
            posted += _post(pair, effect, done[invoice.id])
        elif invoice.id in refused:
            _refused(pair, effect, refused[invoice.id])
        else:
            made.doubtful += 1
    return posted


def _attempt(pair: Pair, effects: Sequence[Effect]) -> None:
    """Count the try, and leave the row alone for a moment in case its answer is lost."""
    with pair.ledger.write() as session:
        for effect in effects:
            outbox.move(
                session, effect, "chosen", "chosen", attempts=effect.attempts + 1, next_at=pair.now() + LOOK_AGAIN
            )


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
    history.intend(session, pair, effect, invoice)
