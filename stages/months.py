"""Months' invoices as the ledger knows them: which deals are on one, composed of deals read just now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from domain.consolidating import Month, as_one, is_month, month_named, sums_of
from domain.money import ZERO
from domain.objections import currency_of
from domain.records import Deal, InvoicePlan
from domain.rules import FULL
from domain.triggers import as_billed, of_milestone, rule_passed
from domain.write_back import stage_names
from ledger import inbox, months, outbox
from ledger.session import Session
from ledger.tables import Effect
from stages import deals_ledger, frozen
from stages.pair import Pair

UNBEGUN = ("planned", "held", "cancelled")
Sums = dict[str, tuple[Decimal, Decimal]]


def month_for(session: Session, pair: Pair, deal: Deal) -> str:
    """The invoice that a deal goes on: its own month's or, where that was begun without it, this month's.

    ``deal`` is as its payer has it; "" for one without a customer.
    """
    if deal.customer is None:
        return ""
    today, currency = pair.today(), currency_of(deal, pair.books())
    month = Month(deal.customer, currency, min(deal.closed_on or today, today).replace(day=1))
    waits = months.month_of(session, pair.name, deal.id)
    if not is_begun(session, pair, str(month)):
        return str(month)
    if waits and not is_begun(session, pair, waits) and _is_alike(month, waits):
        return waits
    month = Month(month.customer, currency, today.replace(day=1))
    while is_begun(session, pair, str(month)):
        month = Month(month.customer, currency, month.after)
    return str(month)


def _is_alike(month: Month, name: str) -> bool:
    other = month_named(name)
    return (other.customer, other.currency) == (month.customer, month.currency)


def is_begun(session: Session, pair: Pair, month: str) -> bool:
    """Whether a month's invoice was ever sent, or is on its way: no deal joins it by itself any more."""
    key = deals_ledger.identity(pair, month)
    effect = outbox.by_identity(session, [key]).get(key)
    return effect is not None and (effect.xero_id is not None or effect.state not in UNBEGUN)


def is_over(pair: Pair, month: str) -> bool:
    return pair.today() >= month_named(month).after


def is_on(session: Session, pair: Pair, month: str, deal_id: str) -> bool:
    """Whether a deal is billed by a month's invoice, and not credited."""
    if not is_begun(session, pair, month):
        return False
    billed, credited = billed_of(session, pair.name, month)
    return billed.get(deal_id, (ZERO, ZERO))[0] > credited.get(deal_id, (ZERO, ZERO))[0]


def billed_of(session: Session, pair: str, month: str) -> tuple[Sums, Sums]:
    """What each deal comes to on a month's invoices that count, and on their credit notes."""
    made = outbox.of_subject(session, pair, f"deal:{month}", outbox.INVOICE)
    ended = {each.id for each in made if deals_ledger.is_ended(each)}
    notes = outbox.of_subject(session, pair, f"deal:{month}", outbox.CREDIT)
    standing = [each for each in notes if outbox.facts(each.why).get("of") not in ended]
    return sums_of(_plans([e for e in made if e.id not in ended])), sums_of(_plans(standing))


def _plans(effects: Sequence[Effect]) -> list[InvoicePlan]:
    counting = [e for e in effects if e.state not in ("cancelled", "withdrawn")]
    return [frozen.INVOICE_PLAN.validate_json(e.plan) for e in counting]


def deals_on(effect: Effect) -> list[str]:
    """The deals whose lines an effect's paper has; none for a paper of one deal."""
    return list(sums_of(_plans([effect]))) if is_month(effect.subject.removeprefix("deal:")) else []


def waiting(session: Session, pair: Pair) -> list[str]:
    """The deals that wait for a month's invoice which was not begun."""
    names = [name for name in months.names(session, pair.name) if not is_begun(session, pair, name)]
    return [deal for name in names for deal in months.deals_of(session, pair.name, name)]


def compose_all(
    pair: Pair, wanted: Mapping[str, Iterable[str]], read: Mapping[str, Deal]
) -> list[tuple[Deal, tuple[Deal, ...]]]:
    """Each month as one deal, and those deals that go on its invoice. ``wanted`` are their ids, as far as known."""
    if wanted:
        pair.read_settings()
    return [_compose(pair, name, [read[i] for i in ids if i in read]) for name, ids in wanted.items()]


def _compose(pair: Pair, name: str, deals: Sequence[Deal]) -> tuple[Deal, tuple[Deal, ...]]:
    month = month_named(name)
    with pair.ledger.read() as session:
        begun = is_begun(session, pair, name)
        alone = {d.id for d in deals if _has_its_own(session, pair, d) and not is_on(session, pair, name, d.id)}
    wanted = [deal for deal in deals if deal.id not in alone and _is_wanted(pair, deal, month, begun=begun)]
    wanted.sort(key=lambda deal: (deal.closed_on or date.max, deal.id))
    if not begun:
        let_go(pair, [deal.id for deal in deals if deal not in wanted])
    return as_one(month, wanted, pair.today()), tuple(wanted)


def _has_its_own(session: Session, pair: Pair, deal: Deal) -> bool:
    """Whether an invoice of the deal alone exists, or is to be made: so it is where deals were merged, or tied."""
    return any(e.xero_id or e.state not in ("held", "cancelled") for e in deals_ledger.invoices_of(session, pair, deal))


def let_go(pair: Pair, deal_ids: Sequence[str]) -> None:
    """These wait no longer: each is looked at by itself."""
    with pair.ledger.write() as session:
        for deal_id in deal_ids:
            months.leave(session, pair.name, deal_id)
        inbox.notice(session, pair.name, inbox.DEALS, deal_ids, pair.now())


def _is_wanted(pair: Pair, deal: Deal, month: Month, *, begun: bool) -> bool:
    """Whether a deal asks to be on the invoice; of one that was begun it asks as long as it is won."""
    billed, labels = as_billed(deal, pair.rules, FULL), pair.labels()
    if deal.archived or (billed.customer, currency_of(deal, pair.books())) != (month.customer, month.currency):
        return False
    rule = rule_passed(deal, of_milestone(pair.rules, FULL), labels)
    ours = {stage.casefold() for stage in stage_names(pair.rules.write_back).values()}
    at_ours = labels.get(f"{deal.pipeline}/{deal.stage}", "").casefold() in ours
    return (rule is not None and rule.consolidates) or (begun and (deal.won or at_ours))
