"""An approved invoice put right by another paper, because a person said so: credited, reissued, or adjusted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from domain.deals import fingerprint
from domain.marker import Marker
from domain.money import ZERO, show
from domain.records import Deal, Invoice, InvoicePlan
from domain.shares import adjustment, credit_of, summed
from domain.standing import Amend
from ledger import audit, inbox, outbox, reviews
from ledger.session import Session
from ledger.tables import Effect
from stages import deals_ledger, frozen
from stages.decided import Decided
from stages.outcome import Outcome
from stages.pair import Pair
from stages.papers import PAPERS


def amend(session: Session, pair: Pair, case: Decided, effect: Effect, decision: Amend, invoice: Invoice) -> Outcome:
    """Intend the credit note or the further invoice, unless it is under way already."""
    deal, milestone, generation = deals_ledger.parts(effect.identity)
    more = deals_ledger.adjustments(session, pair, effect)
    billed = deals_ledger.lines_of(effect, more)
    against = [effect.xero_id or "", *(each.xero_id for each in more if each.kind == outbox.INVOICE and each.xero_id)]
    why: dict[str, Any] = {"of": effect.id, "against": against, "notes": [], "answers": [decision.how]}
    if decision.how != "adjusted":
        identity = deals_ledger.identity(pair, deal, deals_ledger.credit_of(milestone), generation)
        if outbox.by_identity(session, [identity]):
            return Outcome(case.deal.id, "to credit", "its credit note is being made", asks=())
        plan = credit_of(frozen.INVOICE_PLAN.validate_json(effect.plan), billed, pair.today())
        return _intend(session, pair, case, effect, plan, identity, why | {"then": decision.how}, invoice)
    if not isinstance(case.plan, InvoicePlan):
        return Outcome(case.deal.id, "question", "what would be invoiced now is not certain")
    changed = {"billed": fingerprint(case.deal), "takes": case.deal.share, "amount": _amount(case.deal, case.plan)}
    outbox.move(session, effect, "posted", "posted", why=outbox.text_of(outbox.facts(effect.why) | changed))
    if case.rest_to_come:  # what takes the rest is held against what there is of this one then
        inbox.notice(session, pair.name, inbox.DEALS, [case.deal.id], pair.now())
    plan = adjustment(case.plan, billed, pair.today())
    if plan is None:
        return Outcome(case.deal.id, "invoiced", "the deal comes to the same as was invoiced", asks=())
    name = deals_ledger.adjustment(milestone, len(more) + 1)
    identity = deals_ledger.identity(pair, deal, name, generation)
    return _intend(session, pair, case, effect, plan, identity, why | _told(case, plan), invoice)


def _intend(
    session: Session,
    pair: Pair,
    case: Decided,
    effect: Effect,
    plan: InvoicePlan,
    identity: str,
    why: dict[str, Any],
    invoice: Invoice,
) -> Outcome:
    kind = outbox.CREDIT if plan.is_credit else outbox.INVOICE
    effect_id = outbox.effect_id(identity)
    mark = Marker(effect_id, 1, pair.install_id)
    number = invoice.number if "xero" not in invoice.number.lower() else f"deal {case.deal.id}"
    plan = replace(plan, milestone=deals_ledger.parts(identity)[1])
    told = {
        "id": effect_id,
        "identity": identity,
        "contact_id": effect.contact_id,
        "marker": mark.behind(number) if plan.is_credit else mark.on(case.deal.url),
        "goal": plan.goal,
        "why": outbox.text_of(why),
    }
    text = frozen.invoice_text(plan)
    outbox.intend(session, pair.name, kind, f"{kind}:{identity}", effect.subject, text, pair.now(), **told)
    inbox.notice(session, pair.name, inbox.DEALS, sorted({x.deal for x in plan.lines if x.deal}), pair.now())
    details = {"invoice": invoice.number, "by": kind, "total": plan.total, "currency": plan.currency}
    audit.record(session, pair.name, pair.now(), effect.subject, "invoice amended", details)
    word = "to credit" if plan.is_credit else "to invoice"
    return Outcome(case.deal.id, word, "", show(plan.total, plan.currency), asks=())


def _told(case: Decided, plan: InvoicePlan) -> dict[str, Any]:
    """What a further invoice needs to be looked after like any other."""
    rule = case.rule
    beside = {"history_note": rule.history_note, "attach": rule.attach} if rule else {}
    return {"billed": fingerprint(case.deal), "amount": _amount(case.deal, plan), **beside}


def _amount(deal: Deal, plan: InvoicePlan) -> str:
    return show(deal.amount, plan.currency) if deal.amount is not None else ""


def adjusted(session: Session, pair: Pair, effect: Effect) -> Decimal:
    """What the papers that made up for changes of an invoice add to it, with GST."""
    more = deals_ledger.adjustments(session, pair, effect)
    if not more:
        return ZERO
    plan = frozen.INVOICE_PLAN.validate_json(effect.plan)
    return summed(deals_ledger.lines_of(effect, more), plan.amounts_are).total - plan.total


def resume(session: Session, pair: Pair, case: Decided) -> Outcome | None:
    """A credit note or further invoice that waited for a person: go on as they said; the word for it till then."""
    papers = [e for kind in PAPERS for e in outbox.of_subject(session, pair.name, case.subject, kind.kind)]
    for effect in papers:
        if effect.state != "held" or deals_ledger.is_of_the_deal(effect):
            continue
        asked = outbox.facts(effect.outcome).get("asked", "")
        answer = reviews.answers(session, pair.name, [case.subject]).get(asked, "")
        if answer in {"leave", "ignore"}:
            outbox.move(session, effect, "held", "posted" if effect.xero_id else "cancelled")
        elif answer == "accept":
            why = outbox.text_of(outbox.facts(effect.why) | {"accepted": True})
            outbox.move(session, effect, "held", "chosen", why=why, attempts=0, next_at=pair.now())
        elif reviews.is_open(session, pair.name, case.subject, asked):
            return Outcome(case.deal.id, "question")
        else:
            # Xero remembers what it said under a key for some minutes, refusals too.
            again = {"epoch": effect.epoch + 1, "attempts": 0, "next_at": pair.now()}
            outbox.move(session, effect, "held", "chosen" if effect.xero_id else "planned", **again)
    return None
