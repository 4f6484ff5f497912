"""Map GST: each deal's lines become an invoice plan with accounts, tax types and totals to the cent, or questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from domain.checking import APPROVED
from domain.consolidating import is_month
from domain.decision import Hold, Question
from domain.matching import Matched
from domain.money import show
from domain.objections import milestone_edited
from domain.records import Deal, InvoicePlan, PlannedLine
from domain.repeating import REPEATING
from domain.rules import FULL
from domain.triggers import milestones, takes_the_rest
from ledger import customers as index
from ledger import inbox, reviews, seen
from ledger.session import Session
from stages import deals_ledger, frozen
from stages.capture import Deals, giving_back
from stages.match import Customers, Made, NewContact
from stages.pair import Pair
from stages.planning import Plan, of_month, plan_month, plan_one


def map_gst(pair: Pair, deals: Deals, customers: Customers) -> dict[str, Plan]:
    """Per ``deals_ledger.key``, of deals whose customer is known or will be made: the plan, or what is against it."""
    if all(isinstance(decision, Hold) for decision in customers.decisions.values()):
        return {}
    with giving_back(pair, inbox.DEALS, deals.versions):
        pair.read_settings()
        billed = _contacts(pair, customers)
        pair.today()
    plans: dict[str, Plan] = {}
    for deal in deals.found:
        for milestone in milestones(pair.rules):
            key = deals_ledger.key(deal.id, milestone)
            rule = customers.rules.get(key)
            if rule is None or key not in billed:
                continue
            made = customers.made.get(key, ())
            if takes_the_rest(rule):
                taken = _taken(pair, customers, plans, deal, milestone)
            else:
                taken = () if made or milestone in (FULL, REPEATING) else _approved(pair, customers, deal, milestone)
            if isinstance(taken, Hold):
                plans[key] = taken
                continue
            day = _day(made) if made else None
            if is_month(deal.id):
                plans[key] = plan_month(pair, deal, deals.months[deal.id], rule, billed[key], day)
                continue
            at = deal if made or not rule.consolidates else of_month(pair, deal)
            plans[key] = plan_one(pair, at, rule, *billed[key], day=day, billed=taken)
    return plans


def _taken(
    pair: Pair, customers: Customers, plans: Mapping[str, Plan], deal: Deal, milestone: str
) -> tuple[PlannedLine, ...] | Hold:
    """What the other milestones of a deal take: of drafts what they are about to be, of approved ones what they are."""
    lines: list[PlannedLine] = []
    for other in milestones(pair.rules):
        key = deals_ledger.key(deal.id, other)
        plan, made = plans.get(key), customers.made.get(key, ())
        if other in (milestone, REPEATING) or any(each.undone for each in made):
            continue
        if isinstance(payer := customers.decisions.get(key), Hold) and not made:
            return payer
        if plan is not None and not any(each.may_be_approved for each in made):
            if isinstance(plan, Hold):
                return plan
            lines += plan.lines if isinstance(plan, InvoicePlan) else ()
        else:
            with pair.ledger.read() as session:
                lines += deals_ledger.billed(session, pair, deal, other)
                questions = _about_edited(session, pair, deal, made)
            if questions:
                return Hold(questions)
    return tuple(lines)


def _about_edited(session: Session, pair: Pair, deal: Deal, made: Sequence[Made]) -> tuple[Question, ...]:
    """What people are asked of approved invoices that they changed since, and have not answered."""
    rows = {row.id: row for row in seen.of_ids(session, pair.name, [each.effect.xero_id or "" for each in made])}
    asked: list[Question] = []
    for each in made:
        plan = frozen.INVOICE_PLAN.validate_json(each.effect.plan)
        row = rows.get(each.effect.xero_id or "")
        if row is not None and each.seen in APPROVED and Decimal(row.total) != plan.total:
            was, now = (show(total, plan.currency) for total in (plan.total, Decimal(row.total)))
            asked.append(milestone_edited(deal.id, row.number, was, now))
    answers = reviews.answers(session, pair.name, [f"deal:{deal.id}"]) if asked else {}
    return tuple(question for question in asked if answers.get(question.identity) != "as_made")


def _approved(pair: Pair, customers: Customers, deal: Deal, milestone: str) -> tuple[PlannedLine, ...]:
    """What the other milestones have taken for good: for a deal that went back there may be nothing left."""
    made = {other: customers.made.get(deals_ledger.key(deal.id, other), ()) for other in milestones(pair.rules)}
    others = {other: each for other, each in made.items() if other not in (milestone, REPEATING)}
    standing = [other for other, each in others.items() if any(one.may_be_approved for one in each)]
    with pair.ledger.read() as session:
        return tuple(line for other in standing for line in deals_ledger.billed(session, pair, deal, other))


def _day(made: Sequence[Made]) -> date | None:
    """The day that the invoice bears which is there."""
    return frozen.INVOICE_PLAN.validate_json(made[0].effect.plan).date


def _contacts(pair: Pair, customers: Customers) -> Mapping[str, tuple[str, str]]:
    """What the payer of each milestone is, or will be, called in Xero, and its own payment terms."""
    matched = sorted({d.xero_id for d in customers.decisions.values() if isinstance(d, Matched)})
    with pair.ledger.read() as session:
        known = index.known(session, pair.name, matched)
    missing = [i for i in matched if i not in known]
    if missing:
        known |= {contact.id: (contact.name, contact.terms) for contact in pair.xero.contacts(missing)}
    found: dict[str, tuple[str, str]] = {}
    for key, decision in customers.decisions.items():
        if isinstance(decision, Matched):
            found[key] = known.get(decision.xero_id, ("", ""))
        elif isinstance(decision, NewContact):
            found[key] = (decision.plan.name, "")
    return found
