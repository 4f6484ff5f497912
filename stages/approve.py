"""Approve: chosen drafts are held against their plans, written anew or approved by id, and linked to their deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
from connectors.xero_reading import NO_REASON
from domain.checking import APPROVED, UNDONE, carries, content
from domain.decision import Question
from domain.invoicing import EXPORT_REMINDER, export_by
from domain.records import Invoice
from domain.steps import LEAVE, RETRY, Intended, Step, next_step
from domain.write_back import stage_names, states
from ledger import audit, inbox, outbox
from ledger.session import Session
from ledger.tables import Effect
from stages import asking, capture, doubt, history, once, repeating, sync_back
from stages.afterwards import link_invoice
from stages.crediting import settle_credit, use_up_credit
from stages.decided import standing_of
from stages.months import deals_on
from stages.outcome import Made
from stages.pair import Pair
from stages.papers import paper_of
from stages.trying import CLOCKS_DIFFER, LOOK_AGAIN, TRIES, growing, requests

Job = tuple[Effect, Invoice, Step]
Work = list[Job]


def finish(pair: Pair, effects: Sequence[Effect], fresh: dict[str, Invoice], made: Made) -> int:
    """Take the chosen invoices to what is to become of them, step by step, and record what came of them."""
    unread = [e.xero_id for e in effects if e.id not in fresh and e.xero_id]
    read = paper_of(effects[0].kind).read(pair.xero, unread) if unread else []
    by_id = {i.id: i for i in read} | {i.id: i for i in fresh.values()}
    posted = 0
    todo = [(effect, by_id.get(effect.xero_id or "")) for effect in effects]
    while todo:
        work: Work = []
        for effect, invoice in todo:
            step = _step(pair, effect, invoice)
            if step == "done" and invoice is not None:
                posted += _done(pair, effect, invoice, made)
            elif step is not None and invoice is not None:
                work.append((effect, invoice, step))
        todo = [each for request in _requests(work) for each in _send(pair, request, made)]
    return posted


def _step(pair: Pair, effect: Effect, invoice: Invoice | None) -> Step | None:
    """What to do next; None where it waits for a person, or for its deal to be looked at again."""
    if invoice is None:
        if effect.sent_at and pair.now() - effect.sent_at < CLOCKS_DIFFER:  # lists don't show it yet
            with pair.ledger.write() as session:
                outbox.move(session, effect, "chosen", "chosen", next_at=pair.now() + doubt.SHOWN_WITHIN)
        else:
            asking.hold(pair, effect, asking.missing(effect.subject))
        return None
    accepted = bool(outbox.facts(effect.why).get("accepted"))
    step = next_step(Intended(effect.subject, standing_of(effect), accepted), invoice)
    if isinstance(step, Question):
        asking.hold(pair, effect, step if effect.kind == outbox.INVOICE else replace(step, choices=(RETRY, LEAVE)))
    elif step == "anew":
        _post(pair, effect, invoice, goal="authorised" if invoice.status in APPROVED else "draft")
        with pair.ledger.write() as session:
            inbox.notice(session, pair.name, inbox.DEALS, [_deal(effect)], pair.now())
            inbox.later(session, pair.name, inbox.DEALS, [_deal(effect)], pair.now() + LOOK_AGAIN)
    elif step != "done" and effect.attempts >= TRIES:
        asking.hold(pair, effect, asking.no_answer(effect.subject, TRIES, asking.LEAVE))
    else:
        return step
    return None


def _requests(work: Work) -> list[Work]:
    by_id: dict[str, Job] = {job[0].id: job for job in work}
    return [[by_id[e.id] for e in request] for request in requests([effect for effect, _, _ in work])]


def _element(effect: Effect, invoice: Invoice, step: Step) -> bytes:
    paper = paper_of(effect.kind)
    match step:
        case "write":
            return paper.revised(standing_of(effect).plan, effect.contact_id, effect.marker, invoice)
        case "delete" | "void":
            return paper.ended(invoice.id, "DELETED" if step == "delete" else "VOIDED")
        case _:
            return paper.approved(invoice, "SUBMITTED" if step == "submit" else "AUTHORISED")


def _send(pair: Pair, work: Work, made: Made) -> list[tuple[Effect, Invoice | None]]:
    """One step of some invoices, by their ids: whoever repeats it names the same. Returns those that were done."""
    work = _begin(pair, work)
    if not work:
        return []
    try:
        answer = paper_of(work[0][0].kind).update(pair.xero, [_element(*each) for each in work])
    except OutcomeUnknown:
        made.doubtful += len(work)
        return []
    except (TryLater, NotConnected):
        _attempt(pair, [effect for effect, _, _ in work], -1)
        raise
    done = {i.id: i for i in answer.done}
    words = dict(answer.refused)
    for effect, invoice, step in work:
        if invoice.id in done:
            if step == "write":
                _written(pair, effect, done[invoice.id])
        elif invoice.id in words:
            refused(pair, effect, words[invoice.id])
        else:
            made.doubtful += 1
    return [(effect, done[invoice.id]) for effect, invoice, _ in work if invoice.id in done]


def _begin(pair: Pair, work: Work) -> Work:
    """Count the try, and leave the rows alone for a moment in case the answer is lost; not those moved meanwhile."""
    ours = _attempt(pair, [effect for effect, _, _ in work])
    return [each for each in work if each[0].id in ours]


def _attempt(pair: Pair, effects: Sequence[Effect], more: int = 1) -> set[str]:
    with pair.ledger.write() as session:
        return {
            effect.id
            for effect in effects
            if outbox.move(
                session,
                effect,
                "chosen",
                "chosen",
                attempts=effect.attempts + more,
                next_at=pair.now() + max(growing(effect.attempts), LOOK_AGAIN),
            )
        }


def _written(pair: Pair, effect: Effect, invoice: Invoice) -> None:
    """What the invoice says is our word."""
    with pair.ledger.write() as session:
        ours = {"carried": effect.edition, "made": content(invoice)}
        outbox.move(session, effect, "chosen", "chosen", attempts=0, **ours)


def _done(pair: Pair, effect: Effect, paper: Invoice, made: Made) -> int:
    if effect.kind == outbox.INVOICE:
        return _post(pair, effect, paper)
    if effect.kind == outbox.TEMPLATE:
        return repeating.settle(pair, effect, paper)
    try:
        return settle_credit(pair, effect, paper)
    except OutcomeUnknown:
        made.doubtful += 1
    except (Rejected, Gone) as refusal:
        refused(pair, effect, getattr(refusal, "words", ()) or NO_REASON)
    return 0


def _post(pair: Pair, effect: Effect, invoice: Invoice, **values: Any) -> int:
    """The invoice stands as intended: link it, tell the deal, write the trail, in one commit."""
    standing = standing_of(effect)
    if carries(standing.plan, standing.contact_id, invoice):
        values |= {"carried": effect.edition, "made": content(invoice)}
    with pair.ledger.write() as session:
        outcome = outbox.text_of({"number": invoice.number, "status": invoice.status, "total": invoice.total})
        if not outbox.move(session, effect, "chosen", "posted", outcome=outcome, **values):
            return 0
        record(session, pair, effect, invoice)
    return 1


def record(session: Session, pair: Pair, effect: Effect, invoice: Invoice) -> None:
    """Link an invoice to its deal and intend to tell the deal."""
    row = link_invoice(session, pair, effect)
    details = {"number": invoice.number, "total": invoice.total, "tax": invoice.total_tax, "currency": invoice.currency}
    audit.record(session, pair.name, pair.now(), effect.subject, _event(invoice), details)
    sync_back.tell(session, pair, row, invoice)
    if effect.goal == "reissued" or (effect.goal == "replaced" and invoice.status in UNDONE):
        inbox.notice(session, pair.name, inbox.DEALS, [_deal(effect)], pair.now())
    if invoice.status in UNDONE:
        inbox.notice(session, pair.name, inbox.DEALS, deals_on(effect), pair.now())
    if not any(state in stage_names(pair.rules.write_back) for state in states(invoice, pair.today())):
        # All that it says is told: it is read again when it says something else.
        inbox.fresh(session, pair.name, inbox.INVOICES, {invoice.id: capture.stamp_of(invoice)}, pair.now())
    history.intend(session, pair, effect, invoice)
    plan = standing_of(effect).plan
    if export_by(plan) and invoice.status not in UNDONE:
        at = pair.now() + EXPORT_REMINDER
        once.intend(session, pair, outbox.REMINDER, effect.subject, invoice.id, export_by(plan), at)
    use_up_credit(session, pair, effect, invoice)
    if invoice.status == "AUTHORISED" and plan.send and not invoice.was_sent:
        once.intend(session, pair, outbox.MAIL, effect.subject, invoice.id)


def _event(invoice: Invoice) -> str:
    if invoice.status in APPROVED:
        return "invoice approved"
    return "invoice taken back" if invoice.status in UNDONE else "invoice left as draft"


def _deal(effect: Effect) -> str:
    return effect.subject.removeprefix("deal:")


def refused(pair: Pair, effect: Effect, words: tuple[str, ...]) -> None:
    """What we know of accounts, tax rates and contacts may be out of date: a draft is decided anew once."""
    pair.distrust_settings()
    if effect.xero_id is None and not outbox.facts(effect.outcome).get(outbox.ANEW):
        asking.decide_anew(pair, effect)
    else:
        leave = asking.LEAVE if effect.xero_id else asking.IGNORE
        asking.hold(pair, effect, asking.refused(effect.subject, words, leave))
