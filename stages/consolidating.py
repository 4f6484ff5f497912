"""What becomes of a deal that goes on its customer's invoice of a month: it waits, is billed with others, or leaves."""

from __future__ import annotations

from domain.consolidating import month_named
from domain.decision import Hold
from domain.money import show
from domain.records import InvoicePlan
from domain.repeating import REPEATING
from domain.rules import FULL
from ledger import audit, inbox, months
from ledger.session import Session
from stages import once
from stages.decided import Decided
from stages.months import is_on, is_over, month_for
from stages.outcome import Outcome
from stages.pair import Pair

WAITS = "waits"


def settle(session: Session, pair: Pair, case: Decided) -> Outcome | None:
    """Have a deal wait for its month's invoice, or leave it; None for one that goes on none."""
    name, deal = pair.name, case.deal
    if case.milestone == REPEATING:  # a template is the deal's own
        return None
    waits = months.month_of(session, name, deal.id)
    if waits and is_on(session, pair, waits, deal.id):
        inbox.notice(session, name, inbox.DEALS, [waits], pair.now())
        return Outcome(deal.id, "billed", month_named(waits).title, asks=())
    if case.milestone != FULL:
        return None
    month = _wanted(session, pair, case)
    if waits and waits != month:
        months.leave(session, name, deal.id)
        inbox.notice(session, name, inbox.DEALS, [waits], pair.now())
        audit.record(session, name, pair.now(), case.subject, "waits no longer", {"month": month_named(waits).title})
    if not month or not isinstance(case.plan, InvoicePlan):
        return None
    title, total = month_named(month).title, show(case.plan.total, case.plan.currency)
    if waits != month:
        months.join(session, name, deal.id, month)
        once.wake(session, pair, month, month, month_named(month).after)
        audit.record(session, name, pair.now(), case.subject, "waits", {"month": title, "total": case.plan.total})
    if is_over(pair, month):
        inbox.notice(session, name, inbox.DEALS, [month], pair.now())
    return Outcome(deal.id, WAITS, f"for the invoice of {title}", total, asks=())


def _wanted(session: Session, pair: Pair, case: Decided) -> str:
    """The invoice that the deal is to be on; "" where it asks for none of a month, or can't be booked."""
    if case.rule is None or not case.rule.consolidates or isinstance(case.customer, Hold):
        return ""
    return month_for(session, pair, case.deal) if isinstance(case.plan, InvoicePlan) else ""


def leave(session: Session, pair: Pair, deal_id: str) -> bool:
    """A deal is gone, or to be billed otherwise: what it was on is looked at again. False if it is billed there."""
    month = months.month_of(session, pair.name, deal_id)
    if not month:
        return True
    inbox.notice(session, pair.name, inbox.DEALS, [month], pair.now())
    stays = is_on(session, pair, month, deal_id)
    if not stays:
        months.leave(session, pair.name, deal_id)
    return not stays
