"""Deals on months' invoices as a report judges them: each with its share of what they have together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from domain.case import Intent
from domain.consolidating import month_named, plan_of, share_of
from domain.records import Invoice
from ledger import many, months
from ledger.many import Knowledge
from ledger.session import Session
from ledger.tables import Effect
from stages import frozen
from stages.months import Sums, billed_of, deals_on, is_over
from stages.pair import Pair


@dataclass(slots=True)
class Shares:
    """``of`` are the deals that a month's invoice bills, each with what credit notes took back of that; ``waits`` is
    why another is not billed yet.
    """

    of: dict[str, Sums] = field(default_factory=dict[str, Sums])
    waits: dict[str, str] = field(default_factory=dict[str, str])

    def invoice(self, deal: str, invoice: Invoice, effects: Sequence[Effect]) -> Invoice:
        """An invoice as the deal has it."""
        effect = next((each for each in effects if each.xero_id == invoice.id), None)
        if deal not in self.of or effect is None or deal not in deals_on(effect):
            return invoice
        return share_of(deal, frozen.INVOICE_PLAN.validate_json(effect.plan), invoice, self.of[deal])

    def intent(self, deal: str, intent: Intent) -> Intent:
        """An intent as far as it is the deal's; what changed since is the month's affair."""
        if deal not in self.of or intent.plan is None or not any(line.deal for line in intent.plan.lines):
            return intent
        return replace(intent, plan=plan_of(deal, intent.plan), billed="")


def take_in(session: Session, pair: Pair, known: Mapping[str, Knowledge]) -> Shares:
    """Add to what is known of deals what is known of the months' invoices that bill them."""
    found = Shares()
    months_of = months.of_deals(session, pair.name, list(known))
    names = sorted(set(months_of.values()))
    of_months = many.of_deals(session, pair.name, names)
    credited = {name: billed_of(session, pair.name, name)[1] for name in names}
    told = {row.deal_id: row for row in months.shares_of(session, pair.name, list(months_of))}
    for deal, name in months_of.items():
        month, own = of_months[name], known[deal]
        effects = [effect for effect in month.effects if effect.xero_id and deal in deals_on(effect)]
        if effects:
            found.of[deal] = credited[name]
            own.effects += effects
            own.links[:0] = [told[deal]] if deal in told else []
            own.open += [item for item in month.open if item not in own.open]
            own.answers |= month.answers
        elif not is_over(pair, name):
            found.waits[deal] = f"It waits for the invoice of {month_named(name).title}."
    return found


def weights(pair: Pair, names: Sequence[str]) -> dict[str, dict[str, Decimal]]:
    """Month's invoice → deal → what it comes to on it."""
    with pair.ledger.read() as session:
        sums = {name: billed_of(session, pair.name, name)[0] for name in names}
    return {name: {deal: total for deal, (total, _) in of.items()} for name, of in sums.items()}
