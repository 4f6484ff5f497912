"""One deal with everything that was decided about it, and what its invoices say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.matching import Matched
from domain.records import Deal, Invoice
from domain.rules import InvoiceRule
from domain.standing import Standing, may_have_changed
from ledger import inbox, outbox
from ledger.tables import Effect
from stages import frozen
from stages.capture import Deals, giving_back
from stages.map_gst import Plan
from stages.match import Customers
from stages.match import Decision as CustomerDecision
from stages.pair import Pair


@dataclass(frozen=True, slots=True)
class Decided:
    """``wanted``: it stands where a rule wants an invoice, made or not; ``read`` are its invoices, where needed."""

    deal: Deal
    wanted: bool
    rule: InvoiceRule | None
    ref: str
    customer: CustomerDecision | None
    plan: Plan | None
    read: Mapping[str, Invoice] = field(default_factory=dict[str, Invoice])

    @property
    def subject(self) -> str:
        return f"deal:{self.deal.id}"

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


def decided(customers: Customers, plans: Mapping[str, Plan], deal: Deal, read: Mapping[str, Invoice]) -> Decided:
    """What the stages before found out about one deal."""
    return Decided(
        deal,
        deal.won or deal.id in customers.triggered,
        customers.rules.get(deal.id),
        str(customers.refs.get(deal.id, "")),
        customers.decisions.get(deal.id),
        plans.get(deal.id),
        read,
    )


def read_invoices(pair: Pair, deals: Deals, customers: Customers, plans: Mapping[str, Plan]) -> dict[str, Invoice]:
    """The invoices of deals about which something may have to be done, as they are now, in one call."""
    wanted: list[str] = []
    for deal in deals.found:
        case = decided(customers, plans, deal, {})
        wanted += [
            made.effect.xero_id or ""
            for made in customers.made.get(deal.id, ())
            if made.undone or is_doubtful(case, made.effect)
        ]
    wanted += [made.effect.xero_id or "" for gone in deals.gone for made in customers.made.get(gone, ())]
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
    )
