"""A deal whose invoice exists: what its change makes of it, what people are asked, how answers are carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.checking import content
from domain.consolidating import is_month, what_changed
from domain.deals import fingerprint
from domain.decision import Hold, Question
from domain.money import show
from domain.records import Invoice, InvoicePlan
from domain.repeating import REPEATING
from domain.shares import with_lines
from domain.standing import Amend, Decision, Follow, Standing, Take, plan_gone, plan_standing
from domain.triggers import milestones, payer_of
from ledger import audit, inbox, links, outbox, reviews, seen
from ledger.session import Session
from ledger.tables import Effect
from stages import amending, asking, consolidating, deals_ledger, intending, repeating, restored
from stages.decided import Decided, is_doubtful, standing_of
from stages.match import NewContact
from stages.months import deals_on
from stages.outcome import LATER, Outcome
from stages.pair import Pair


def after(session: Session, pair: Pair, case: Decided, effect: Effect) -> Outcome:
    """Let the invoice follow its deal, carry an answer out, or ask about what changed."""
    invoice = case.read.get(effect.xero_id or "")
    answers = reviews.answers(session, pair.name, [case.subject])
    if waiting := amending.resume(session, pair, case):
        return waiting
    if effect.state == "held" and (settled := _held(session, pair, case.deal.id, effect, answers)):
        return settled
    if invoice is None and is_doubtful(case, effect):
        return Outcome(case.deal.id, LATER, "its invoice is being looked at")
    decision: Decision = None
    if invoice is not None:
        standing = replace(standing_of(effect), adjusted=amending.adjusted(session, pair, effect))
        # No plan was made while it is open who is billed: that is asked first.
        plan = case.customer if isinstance(case.customer, Hold) else case.plan
        told = (plan, case.contact_id, answers)
        decision = plan_standing(case.deal, standing, invoice, *told, wanted=case.wanted)
        if _is_anothers(pair, case, standing, decision):
            decision = None
    if isinstance(decision, Hold) and isinstance(case.plan, InvoicePlan) and is_month(case.deal.id):
        decision = _by_deals(session, pair, effect, decision, case.plan)
    if isinstance(decision, Follow) and invoice is not None:
        return _follow(session, pair, case, effect, decision.plan, content(invoice))
    if isinstance(decision, Amend) and invoice is not None:
        return amending.amend(session, pair, case, effect, decision, invoice)
    if decision is None and effect.state == "held":
        return _waits(session, pair, case.deal.id, effect)
    return _carry(session, pair, case.deal.id, effect, decision, invoice)


def _is_of_change(decision: Decision) -> bool:
    """Whether it asks about a deal that changed."""
    return isinstance(decision, Hold) and all(q.kind == "deal_changed" for q in decision.questions)


def _by_deals(session: Session, pair: Pair, effect: Effect, asked: Hold, plan: InvoicePlan) -> Hold:
    """The same questions about a month's invoice, telling which of its deals changed."""
    billed = with_lines(plan, deals_ledger.lines_of(effect, deals_ledger.adjustments(session, pair, effect)))
    deals = {line.deal for line in (*billed.lines, *plan.lines) if line.deal}
    names = {deal: row.name for deal, row in seen.deals(session, pair.name, sorted(deals)).items()}
    told = {"what changed": what_changed(billed, plan, names)}
    return Hold(tuple(replace(each, beside={**each.beside, **told}) for each in asked.questions))


def _is_anothers(pair: Pair, case: Decided, standing: Standing, decision: Decision) -> bool:
    """Whether another milestone sees to a change: the one that takes the rest, unless a field gives whoever pays this
    one another share than then or of another sum, or it is another; and that one waits till it is settled what is left.
    """
    if case.waits_for_others and isinstance(decision, Follow):
        return True
    if not _is_of_change(decision) or not case.rest_to_come:
        return _is_of_change(decision) and case.waits_for_others
    if not standing.carried:
        return False
    same = isinstance(case.plan, InvoicePlan) and case.plan.total == standing.plan.total + standing.adjusted
    is_payers = bool(payer_of(pair.rules, case.milestone)) and not same
    if standing.takes and (is_payers or standing.takes != case.deal.share):
        return False
    return not isinstance(case.customer, NewContact | Hold) and case.contact_id in ("", standing.contact_id)


def _follow(session: Session, pair: Pair, case: Decided, effect: Effect, plan: InvoicePlan, made: str) -> Outcome:
    if deals_ledger.is_being_approved(effect):
        # An approval bears the lines: were it to arrive late, it would put the older ones over the newer.
        return Outcome(case.deal.id, LATER, "its approval is on its way")
    contact_id, needs = intending.contact(session, pair, case)
    if not contact_id and not needs:
        return Outcome(case.deal.id, LATER, "the same customer is being created for another deal")
    before = deals_on(effect)
    if not intending.revise(session, pair, case, effect, plan, contact_id, needs, made):
        return Outcome(case.deal.id, LATER, "its invoice is being made")
    # Those that are no longer on it may go on another.
    inbox.notice(session, pair.name, inbox.DEALS, [d for d in before if d not in deals_on(effect)], pair.now())
    details = {"number": number_of(effect), "total": plan.total, "tax": plan.total_tax, "currency": plan.currency}
    audit.record(session, pair.name, pair.now(), case.subject, "draft follows the deal", details)
    return Outcome(case.deal.id, "to follow", number_of(effect), show(plan.total, plan.currency), asks=())


def _carry(
    session: Session, pair: Pair, deal_id: str, effect: Effect, decision: Decision, invoice: Invoice | None = None
) -> Outcome:
    if isinstance(decision, Hold):
        return ask(session, pair, deal_id, list(decision.questions))
    if isinstance(decision, Take):
        ours = {"made": content(invoice)} if decision.goal == "deleted" and invoice is not None else {}
        if not outbox.take(session, effect, decision.goal, pair.now(), **ours):
            return Outcome(deal_id, LATER, "its invoice is being made")
        details = {"number": number_of(effect), "to be": decision.goal, "why": decision.why}
        audit.record(session, pair.name, pair.now(), effect.subject, "invoice to change", details)
        return Outcome(deal_id, f"to be {decision.goal}", number_of(effect), asks=())
    return Outcome(deal_id, "invoiced", number_of(effect), asks=())


def ask(session: Session, pair: Pair, deal_id: str, questions: list[Question]) -> Outcome:
    """Open these questions for the deal."""
    items = [asking.ask(session, pair, question, deal_id) for question in questions]
    asks = tuple(i.id for i in items if i.id is not None)
    return Outcome(deal_id, "question", ", ".join(q.kind.replace("_", " ") for q in questions), asks=asks)


def close_others(session: Session, pair: Pair, deal_id: str, outcomes: Sequence[Outcome]) -> None:
    """Close what the deal no longer asks, once all of its milestones have said what they ask."""
    said = [outcome.asks for outcome in outcomes if outcome.asks is not None]
    if len(said) == len(outcomes):
        reviews.close_others(session, pair.name, inbox.DEALS, deal_id, [i for asks in said for i in asks])


def _held(session: Session, pair: Pair, deal_id: str, effect: Effect, answers: Mapping[str, str]) -> Outcome | None:
    """A chosen invoice that waited for a person: go on as they said; None where they haven't."""
    asked = outbox.facts(effect.outcome).get("asked", "")
    answer = answers.get(asked, "")
    if answer in ("leave", asking.IGNORE.id):
        # From here on it is theirs; its money is mirrored all the same.
        outbox.move(session, effect, "held", "posted", goal="draft")
        link_invoice(session, pair, effect)
        inbox.notice(session, pair.name, inbox.INVOICES, [effect.xero_id or ""], pair.now())
        return Outcome(deal_id, "left to a person", number_of(effect))
    if answer == "again":
        return _carry(session, pair, deal_id, effect, Take("replaced", "a person said so"))
    if answer == "accept":
        why = outbox.facts(effect.why) | {"accepted": True, "answers": [answer]}
        outbox.move(session, effect, "held", "chosen", why=outbox.text_of(why), attempts=0, next_at=pair.now())
        return Outcome(deal_id, "to invoice", "a person accepted the draft")
    return _try_again(session, pair, deal_id, effect) if answer else None


def _waits(session: Session, pair: Pair, deal_id: str, effect: Effect) -> Outcome:
    """A chosen invoice of which its deal asks nothing else: it is tried again once nobody is asked about it."""
    asked = outbox.facts(effect.outcome).get("asked", "")
    if reviews.is_open(session, pair.name, effect.subject, asked):
        return Outcome(deal_id, "question")
    return _try_again(session, pair, deal_id, effect)


def _try_again(session: Session, pair: Pair, deal_id: str, effect: Effect) -> Outcome:
    outbox.move(session, effect, "held", "chosen", attempts=0, next_at=pair.now())
    return Outcome(deal_id, "to invoice", "tried again")


def link_invoice(session: Session, pair: Pair, effect: Effect) -> links.Link:
    """Say whose deal the chosen invoice is."""
    return links.link(
        session,
        pair.name,
        links.INVOICE,
        effect.identity,
        effect.xero_id or "",
        now=pair.now(),
        how="created",
        deal_id=effect.subject.removeprefix("deal:"),
    )


def settle_gone(pair: Pair, deal_id: str, version: int, read: Mapping[str, Invoice]) -> Outcome:
    """A deal that was deleted: nothing to make any more; its draft goes too, and about more people are asked."""
    with pair.ledger.write() as session:
        if not inbox.is_open(session, pair.name, inbox.DEALS, deal_id, version):
            return Outcome(deal_id, "decided", "by another worker meanwhile")
        inbox.handled(session, pair.name, inbox.DEALS, deal_id, version)
        consolidating.leave(session, pair, deal_id)
        outcomes = [_gone(session, pair, deal_id, milestone, read) for milestone in milestones(pair.rules)]
        close_others(session, pair, deal_id, outcomes)
    return next((o for o in outcomes if o.word != "gone"), outcomes[0])


def _gone(session: Session, pair: Pair, deal_id: str, milestone: str, read: Mapping[str, Invoice]) -> Outcome:
    effect = next(iter(deals_ledger.of_ids(session, pair, [deal_id], milestone)), None)
    if effect is not None and effect.xero_id is not None and milestone == REPEATING:
        return _ask_about_template(session, pair, deal_id, effect, "deleted")
    if effect is not None and effect.xero_id is not None:
        answers = reviews.answers(session, pair.name, [effect.subject])
        invoice = read.get(effect.xero_id)
        decision = plan_gone(effect.subject, standing_of(effect), invoice, answers)
        return _carry(session, pair, deal_id, effect, decision, invoice)
    if effect is not None and outbox.move(session, effect, ("planned", "held"), "cancelled"):
        audit.record(session, pair.name, pair.now(), f"deal:{deal_id}", "cancelled", {"why": "deal deleted"})
    if question := restored.forgotten(session, pair, deal_id, "deal_deleted"):
        return ask(session, pair, deal_id, [question])
    return Outcome(deal_id, "gone", asks=())


def after_template(session: Session, pair: Pair, case: Decided, effect: Effect) -> Outcome:
    """The deal of a template is looked at again."""
    if effect.state == "held":
        return _held_template(session, pair, case, effect)
    if effect.state != "posted":
        return Outcome(case.deal.id, LATER, "its template is being made")
    if case.deal.archived or not (case.wanted or case.deal.won):
        return _ask_about_template(session, pair, case.deal.id, effect, "called off")
    if fingerprint(case.deal) != outbox.facts(effect.why).get("billed"):
        return _ask_about_template(session, pair, case.deal.id, effect, "changed", fingerprint(case.deal))
    return Outcome(case.deal.id, "invoiced", asks=())


def _ask_about_template(
    session: Session, pair: Pair, deal_id: str, effect: Effect, what: str, version: str = ""
) -> Outcome:
    """A person looks at the template of a deal that is no more what it was."""
    question = repeating.stands(effect, what, version)
    if question.identity in reviews.answers(session, pair.name, [effect.subject]):
        return Outcome(deal_id, "invoiced", asks=())
    item = asking.ask(session, pair, question, deal_id)
    return Outcome(deal_id, "question", "template stands", asks=(item.id,) if item.id is not None else ())


def _held_template(session: Session, pair: Pair, case: Decided, effect: Effect) -> Outcome:
    asked = outbox.facts(effect.outcome).get("asked", "")
    answer = reviews.answers(session, pair.name, [effect.subject]).get(asked, "")
    if answer == "leave":
        outbox.move(session, effect, "held", "posted")
        return Outcome(case.deal.id, "left to a person")
    if reviews.is_open(session, pair.name, effect.subject, asked):
        return Outcome(case.deal.id, "question")
    outbox.move(session, effect, "held", "chosen", attempts=0, next_at=pair.now())
    return Outcome(case.deal.id, "to invoice", "tried again")


def number_of(effect: Effect) -> str:
    """The invoice's number, or its id before it is known."""
    return str(outbox.facts(effect.outcome).get("number", "") or effect.xero_id or "")
