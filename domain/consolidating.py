"""One invoice for all deals that a customer won in a month: its name among deals, its plan, and each deal's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from domain.money import ZERO, cents, show
from domain.objections import purchase_order
from domain.records import CustomerRef, Deal, Invoice, InvoicePlan, PlannedLine
from domain.rules import InvoiceRule, Rules
from domain.shares import with_lines
from domain.terms import due_date

MONTH = "month:"
_KINDS = ("company", "person")
_RANK = ("draft", "submitted", "authorised")
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Month:
    """Whose deals, in which currency, of which month: by this an invoice is the same for ever."""

    customer: CustomerRef
    currency: str
    first: date

    def __str__(self) -> str:
        return f"{MONTH}{self.customer}:{self.currency}:{self.first:%Y-%m}"

    @property
    def last(self) -> date:
        return self.after - timedelta(days=1)

    @property
    def after(self) -> date:
        """The day on which it is invoiced."""
        return (self.first + timedelta(days=31)).replace(day=1)

    @property
    def title(self) -> str:
        return f"{self.first:%B %Y}"


def is_month(deal_id: str) -> bool:
    """Whether it is the name of a month's invoice among deals; no CRM has such an id."""
    return deal_id.startswith(MONTH)


def month_named(name: str) -> Month:
    """What a name says. Raises ``ValueError`` for one that is none."""
    _, kind, id_, currency, month = name.split(":")
    return Month(
        CustomerRef("company" if kind == _KINDS[0] else "person", id_), currency, date.fromisoformat(f"{month}-01")
    )


def rule_of_month(month: Deal, rules: Rules, _labels: Mapping[str, str]) -> InvoiceRule | None:
    """The entry that a month's invoice goes by, once the month is over: the first, with which all others agree."""
    return next((rule for rule in rules.invoices if rule.consolidates and month.won), None)


def dated(deal: Deal, month: Month, today: date) -> Deal:
    """The deal as it is invoiced: on the month's last day, or today where that is still to come."""
    return replace(deal, closed_on=min(month.last, today))


def as_one(month: Month, deals: Sequence[Deal], today: date) -> Deal:
    """A month's deals as one, which is won once the month is over; lost where there are none.

    Its address is that of its first deal, with its own name in it.
    """
    lines = tuple(replace(line, name=f"{deal.id}: {line.name}") for deal in deals for line in deal.lines)
    amounts = [deal.amount for deal in deals if deal.amount is not None]
    url = deals[0].url if deals else ""
    return Deal(
        str(month),
        month.title,
        "",
        "",
        sum(amounts, ZERO) if amounts else None,
        month.currency,
        month.last,
        won=bool(deals) and today >= month.after,
        lost=not deals,
        lines=lines,
        customer=month.customer,
        url=f"{url}{'&' if '?' in url else '?'}for={month}" if url else "",
    )


def as_plan(
    month: Deal,
    rule: InvoiceRule,
    parts: Sequence[tuple[Deal, InvoicePlan]],
    words: tuple[str, str],
    terms: str,
    day: date | None,
) -> InvoicePlan:
    """One invoice of the plans of a month's deals; ``words`` are its reference and its last line.

    ``day`` is that of the draft there is. It goes no further than any of the plans would, nor above the rule's limit.
    """
    first = parts[0][1]
    lines = [line for deal, plan in parts for line in _named(deal, rule, plan)]
    reference, notes_line = words
    if notes_line:
        lines.append(PlannedLine(notes_line, ZERO, ZERO, "", "", ZERO, ZERO))
    on = day or max(plan.date for _, plan in parts)
    plan = replace(
        with_lines(first, lines), deal_id=month.id, reference=reference, date=on, due_date=due_date(rule.due, on, terms)
    )
    goal = _RANK[min(_RANK.index(each.goal) for _, each in parts)]
    notes = tuple(dict.fromkeys(note for _, each in parts for note in each.notes))
    limit = rule.approve_up_to
    if limit is not None and plan.total > limit and goal != "draft":
        goal = "draft"
        notes = (
            *notes,
            f"The invoice is left as a draft: it is more than {show(limit, plan.currency)}, the mapping's limit.",
        )
    return replace(plan, goal=goal, notes=notes)


def _named(deal: Deal, rule: InvoiceRule, plan: InvoicePlan) -> list[PlannedLine]:
    order = purchase_order(deal, rule)
    name = f"{deal.name}, PO {order}" if order else deal.name
    return [
        replace(line, description=f"{name}: {line.description}"[:_LONGEST], deal=deal.id)
        for line in plan.lines
        if line.account_code
    ]


def sums_of(plans: Sequence[InvoicePlan]) -> dict[str, tuple[Decimal, Decimal]]:
    """Deal → what its lines come to with GST, and their GST, in the order of the lines."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for plan in plans:
        exclusive = plan.amounts_are != "tax inclusive"
        for line in plan.lines:
            if line.deal:
                total, tax = found.get(line.deal, (ZERO, ZERO))
                own = line.line_amount + (line.tax_amount if exclusive else ZERO)
                found[line.deal] = total + own, tax + line.tax_amount
    return found


def shared(
    invoice: Invoice, sums: Mapping[str, tuple[Decimal, Decimal]], credited: Mapping[str, tuple[Decimal, Decimal]]
) -> dict[str, Invoice]:
    """The invoice as each of its deals has it, to the cent: the shares of every figure come to the figure.

    ``credited`` is what credit notes took back of single deals; all else is settled in proportion.
    """
    totals = parted(invoice.total, {deal: total for deal, (total, _) in sums.items()})
    taxes = parted(invoice.total_tax, {deal: tax for deal, (_, tax) in sums.items()})
    own = {deal: min(credited.get(deal, (ZERO, ZERO))[0], total) for deal, total in totals.items()}
    if sum(own.values(), ZERO) > invoice.credited:
        own = dict.fromkeys(totals, ZERO)
    left = {deal: total - own[deal] for deal, total in totals.items()}
    due = parted(invoice.due, left)
    paid = parted(invoice.paid, {deal: amount - due[deal] for deal, amount in left.items()})
    return {
        deal: replace(
            invoice,
            subtotal=total - taxes[deal],
            total_tax=taxes[deal],
            total=total,
            due=due[deal],
            paid=paid[deal],
            credited=total - due[deal] - paid[deal] if invoice.credited else ZERO,
        )
        for deal, total in totals.items()
    }


def parted(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """An amount in proportion to the weights, to the cent; the weights themselves where they come to it."""
    found: dict[str, Decimal] = {}
    left, of = amount, sum(weights.values(), ZERO)
    for name, weight in weights.items():
        part = cents(left * weight / of) if of else ZERO
        found[name] = part
        left, of = left - part, of - weight
    return found


def what_changed(billed: InvoicePlan, plan: InvoicePlan, names: Mapping[str, str]) -> str:
    """Which deals of an invoice come to something else than was billed, a line each; ``names`` are by id."""
    then, now = sums_of([billed]), sums_of([plan])
    told: list[str] = []
    for deal in dict.fromkeys((*now, *then)):
        lines = [sorted(x.description for x in of.lines if x.deal == deal) for of in (billed, plan)]
        was, is_ = (show(sums.get(deal, (ZERO, ZERO))[0], plan.currency) for sums in (then, now))
        if was != is_:
            told.append(f"{names.get(deal, 'A deal')} (deal {deal}): {was}, now {is_}")
        elif lines[0] != lines[1]:
            told.append(f"{names.get(deal, 'A deal')} (deal {deal}): other lines, the same {is_}")
    return "\n".join(told)


def plan_of(deal: str, plan: InvoicePlan) -> InvoicePlan:
    """What of a plan is one deal's."""
    return with_lines(plan, [line for line in plan.lines if line.deal == deal])


def share_of(
    deal: str, plan: InvoicePlan, invoice: Invoice, credited: Mapping[str, tuple[Decimal, Decimal]]
) -> Invoice:
    """An invoice as one of its deals has it, with that deal's lines as far as they can be told by their places."""
    share = shared(invoice, sums_of([plan]), credited)[deal]
    if len(invoice.lines) != len(plan.lines):
        return share
    pairs = zip(invoice.lines, plan.lines, strict=True)
    return replace(share, lines=tuple(line for line, planned in pairs if planned.deal == deal))
