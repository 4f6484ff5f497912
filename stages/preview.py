"""What would become of deals if a question were answered so: the records as they are now, the stages' own thinking.

Nothing is written for it but what reading always writes: names for lists, and the index of Xero's contacts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.checking import OPEN
from domain.consolidating import month_named
from domain.decision import Answers, Hold, Question, Skip
from domain.matching import Matched
from domain.records import ContactPlan, Customer, CustomerRef, Deal, InvoicePlan
from domain.repeating import REPEATING
from domain.rules import InvoiceRule
from domain.triggers import as_billed, milestones, of_milestone, rule_for, rule_passed, takes_the_rest
from ledger import customers as index
from ledger import months, seen
from ledger.session import Session
from mappings.reference_text import fields_named
from stages import deals_ledger, match
from stages.contacts import refresh_index
from stages.months import is_on
from stages.pair import Pair
from stages.planning import Plan, of_month, plan_one

# As many as one run takes at a time.
MOST = 50
NO_RULE = "No rule of the mapping fits the stage where the deal stands, so nothing would be made."
MADE = "Its invoice exists already."


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of one deal: invoices and perhaps a new contact, questions, or nothing and why."""

    deal: Deal
    customer: str = ""
    contact: ContactPlan | None = None
    invoices: tuple[InvoicePlan, ...] = ()
    questions: tuple[Question, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Deals and their customers, read just now."""

    deals: tuple[Deal, ...]
    customers: Mapping[CustomerRef, Customer]


def read(pair: Pair, deal_ids: Sequence[str]) -> Known:
    """Read deals and whoever may be billed for them. Raises ``ConnectorError``."""
    pair.read_settings()
    with pair.ledger.read() as session:
        ids = [deal for each in deal_ids for deal in months.those_of(session, pair.name, each)]
    deals = pair.crm.deals(ids[:MOST], fields_named(pair.rules)) if ids else []
    refs = {d.customer for d in deals if d.customer}
    refs |= {CustomerRef("company", i) for d in deals if d.customer is None for i in d.other_companies}
    payers = (as_billed(d, pair.rules, of).customer for d in deals for of in milestones(pair.rules))
    refs |= {payer for payer in payers if payer}
    records = pair.crm.customers(sorted(refs, key=str)) if refs else []
    if refs and not pair.contacts_are_fresh():
        refresh_index(pair)
    with pair.ledger.write() as session:
        seen.put_deals(session, pair.name, deals, pair.now())
        seen.put_customers(session, pair.name, records, pair.now())
    return Known(tuple(deals), {c.ref: c for c in records})


def previews(pair: Pair, known: Known, assumed: Answers) -> list[Preview]:
    """What would become of each deal if these answers, by question identity, had been given."""
    return [_preview(pair, deal, known.customers, assumed) for deal in known.deals]


def _preview(pair: Pair, deal: Deal, customers: Mapping[CustomerRef, Customer], assumed: Answers) -> Preview:
    pair.know_owners([deal.owner])
    with pair.ledger.read() as session:
        month = months.month_of(session, pair.name, deal.id)
        if month and is_on(session, pair, month, deal.id):
            return Preview(deal, reason=f"It is on the invoice of {month_named(month).title}.")
        rules = _next_rules(session, pair, deal)
        lines = {m: tuple(deals_ledger.billed(session, pair, deal, m)) for m in milestones(pair.rules)}
    if isinstance(rules, str):
        return Preview(deal, reason=rules)
    names: list[str] = []
    contacts: list[ContactPlan] = []
    plans: list[Plan] = []
    for rule in rules:
        decision = _payer(pair, as_billed(deal, pair.rules, rule.milestone), rule, customers, assumed)
        if isinstance(decision, Hold):
            # Nobody knows what the rest is before this is answered.
            plans.append(decision)
            break
        name, terms = _known(pair, decision.xero_id) if isinstance(decision, Matched) else (decision.plan.name, "")
        names.append(name)
        contacts += [] if isinstance(decision, Matched) else [decision.plan]
        others = tuple(x for m, of in lines.items() if m not in (rule.milestone, REPEATING) for x in of)
        billed = others if takes_the_rest(rule) else ()
        at = of_month(pair, deal) if rule.consolidates else deal
        plan = plan_one(pair, at, rule, name, terms, assumed, billed=billed)
        lines[rule.milestone] = plan.lines if isinstance(plan, InvoicePlan) else ()
        plans.append(plan)
    return Preview(
        deal,
        ", ".join(dict.fromkeys(names)),
        contacts[0] if contacts else None,
        invoices=tuple(plan for plan in plans if isinstance(plan, InvoicePlan)),
        questions=tuple(question for plan in plans if isinstance(plan, Hold) for question in plan.questions),
        reason=next((plan.reason for plan in plans if isinstance(plan, Skip)), ""),
    )


def _payer(
    pair: Pair, deal: Deal, rule: InvoiceRule, customers: Mapping[CustomerRef, Customer], assumed: Answers
) -> match.Decision:
    """Who that is in Xero that pays an invoice of a deal, which is as the payer has it."""
    who = match.payer(pair, deal, rule.milestone, assumed)
    if isinstance(who, Hold):
        return who
    decision = match.linked(pair, [who]).get(who) or match.match_one(pair, who, customers.get(who), assumed)
    return match.held_back(pair, deal, customers.get(who), assumed) or decision


def _next_rules(session: Session, pair: Pair, deal: Deal) -> list[InvoiceRule] | str:
    """The rules of the invoices that come next, or of drafts that follow their deal; or why there is none."""
    why = NO_RULE
    rules: list[InvoiceRule] = []
    for milestone in milestones(pair.rules):
        effects = deals_ledger.invoices_of(session, pair, deal, milestone)
        made = [each.xero_id for each in effects if each.xero_id]
        settled = [row for row in seen.of_ids(session, pair.name, made) if row.status not in OPEN]
        why = MADE if made else why
        find = rule_passed if made else rule_for
        rule = find(deal, of_milestone(pair.rules, milestone), pair.labels()) if not deal.archived else None
        if rule is not None and not settled:
            rules.append(rule)
    return rules or why


def _known(pair: Pair, xero_id: str) -> tuple[str, str]:
    """What a contact is called in Xero, and its payment terms."""
    with pair.ledger.read() as session:
        return index.known(session, pair.name, [xero_id]).get(xero_id, ("", ""))
