"""One deal with everything that was decided about it, and what its invoices say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.matching import Matched
from domain.records import Deal, Invoice
from domain.repeating import REPEATING
from domain.rules import FULL, InvoiceRule
from domain.standing import Standing, may_have_changed
from domain.triggers import invoiced, milestones, takes_the_rest
from ledger import inbox, outbox
from ledger.tables import Effect
from stages import deals_ledger, frozen
from stages.capture import Deals, giving_back
from stages.match import Customers
from stages.match import Decision as CustomerDecision
from stages.pair import Pair
from stages.planning import Plan


@dataclass(frozen=True, slots=True)
class Decided:
    """``deal`` is as whoever pays the milestone has it, ``read`` are its invoices, where needed.

    ``wanted``: it stands where a rule wants an invoice, made or not; ``rest_to_come``: another milestone takes whatever
    this one's invoice did not; ``others_open``: what one before it takes is asked or about to change.
    """

    deal: Deal
    wanted: bool
    rule: InvoiceRule | None
    ref: str
    customer: CustomerDecision | None
    plan: Plan | None
    read: Mapping[str, Invoice] = field(default_factory=dict[str, Invoice])
    milestone: str = FULL
    rest_to_come: bool = False
    others_open: bool = False

    @property
    def subject(self) -> str:
        return f"deal:{self.deal.id}"

    @property
    def waits_for_others(self) -> bool:
        """Whether it takes what a field's share leaves, and that is not settled yet."""
        return self.others_open and not self.rest_to_come and bool(self.deal.share)

    @property
    def contact_id(self) -> str:
        """Who is billed in Xero, "" while that is not certain or not there yet."""
        return self.customer.xero_id if isinstance(self.customer, Matched) else ""

    @property
    def evidence(self) -> str:
        """How the customer was found, naming nobody."""
        if isinstance(self.customer, Matched):
            return f"matched by {self.customer.by}" if self.customer.by != "link" else "known customer"
        return "new customer"


def decided(
    pair: Pair, customers: Customers, plans: Mapping[str, Plan], deal: Deal, read: Mapping[str, Invoice]
) -> list[Decided]:
    """What the stages before found out about one deal: one case for each of its milestones."""
    return [
        Decided(
            deals_ledger.for_payer(pair, deal, milestone, [each.effect for each in customers.made.get(key, ())]),
            deal.won or key in customers.triggered,
            rule := customers.rules.get(key),
            str(customers.refs.get(key, "")),
            customers.decisions.get(key) if rule else None,
            plans.get(key),
            read,
            milestone,
            rest_to_come=milestone not in (FULL, REPEATING) and not _takes_the_rest(pair, milestone),
        )
        for milestone in milestones(pair.rules)
        for key in (deals_ledger.key(deal.id, milestone),)
    ]


def _takes_the_rest(pair: Pair, milestone: str) -> bool:
    return any(takes_the_rest(rule) for rule in pair.rules.invoices if rule.milestone == milestone)


def read_invoices(pair: Pair, deals: Deals, customers: Customers, plans: Mapping[str, Plan]) -> dict[str, Invoice]:
    """The invoices of deals about which something may have to be done, as they are now, in one call."""
    wanted: list[str] = []
    for deal in deals.found:
        for case in decided(pair, customers, plans, deal, {}):
            if case.milestone == REPEATING:
                continue
            wanted += [
                made.effect.xero_id or ""
                for made in customers.made.get(deals_ledger.key(deal.id, case.milestone), ())
                if made.undone or is_doubtful(case, made.effect)
            ]
    gone = [deals_ledger.key(deal, milestone) for deal in deals.gone for milestone in invoiced(pair.rules)]
    wanted += [made.effect.xero_id or "" for key in gone for made in customers.made.get(key, ())]
    if not wanted:
        return {}
    with giving_back(pair, inbox.DEALS, deals.versions):
        pair.read_settings()
        return {invoice.id: invoice for invoice in pair.xero.invoices(wanted)}


def is_doubtful(case: Decided, effect: Effect) -> bool:
    """Whether the deal may ask something else of its invoice than what was done."""
    return may_have_changed(case.deal, standing_of(effect), case.plan, case.contact_id, wanted=case.wanted)


def standing_of(effect: Effect) -> Standing:
    """An effect's invoice, as the ledger knows it."""
    why = outbox.facts(effect.why)
    return Standing(
        frozen.INVOICE_PLAN.validate_json(effect.plan),
        effect.contact_id,
        effect.goal,
        carried=effect.carried == effect.edition,
        made=effect.made,
        billed=str(why.get("billed", "")),
        amount=str(why.get("amount", "")),
        takes=str(why.get("takes", "")),
    )
