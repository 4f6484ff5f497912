"""Several invoices of one deal seen as one: what they come to, what is due next, how much of the deal they bill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.checking import APPROVED, OPEN, UNDONE
from domain.money import ZERO, cents
from domain.records import Day, Invoice

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Billing:
    """How much of a deal's ``whole`` total was ``billed`` by approved invoices, and what is ``outstanding`` of it."""

    whole: Decimal
    billed: Decimal
    outstanding: Decimal

    @property
    def percent(self) -> Decimal:
        """Of the whole, to two decimals; nothing of nothing."""
        return cents(self.billed / self.whole * _HUNDRED) if self.whole else ZERO


def together(invoices: Sequence[Invoice], whole: Decimal | None = None) -> Invoice:
    """One invoice that says what all of them do, oldest first; ``whole`` is what the deal comes to, if they are shares.

    Those deleted or voided count only where nothing else stands. It is paid once the whole is billed and paid.
    """
    live = [i for i in invoices if i.status not in UNDONE]
    if not live:
        return invoices[-1]
    all_billed = whole is None or _sum(i.total for i in live) >= whole
    if len(live) == 1 and (all_billed or live[0].status != "PAID"):
        return live[0]
    last = live[-1]
    return replace(
        last,
        number=", ".join(i.number for i in live if i.number),
        status=_status(live, all_billed=all_billed),
        due_date=_next_due(live),
        subtotal=_sum(i.subtotal for i in live),
        total_tax=_sum(i.total_tax for i in live),
        total=_sum(i.total for i in live),
        due=_sum(i.due for i in live),
        paid=_sum(i.paid for i in live),
        credited=_sum(i.credited for i in live),
        paid_on=max((i.paid_on for i in live if i.paid_on), default=None),
    )


def billing(invoices: Sequence[Invoice], whole: Decimal | None = None) -> Billing:
    """The same in shares of the deal."""
    live = [i for i in invoices if i.status not in UNDONE]
    comes_to = _sum(i.total for i in live) if whole is None else whole
    billed = _sum(i.total for i in live if i.status in APPROVED)
    settled = _sum(i.paid + i.credited for i in live)
    return Billing(comes_to, billed, comes_to - settled)


def _status(live: Sequence[Invoice], *, all_billed: bool) -> str:
    if all(i.status in OPEN for i in live):
        return "DRAFT" if any(i.status == "DRAFT" for i in live) else "SUBMITTED"
    return "PAID" if all_billed and all(i.status == "PAID" for i in live) else "AUTHORISED"


def _next_due(live: Sequence[Invoice]) -> Day | None:
    """Of what is due the earliest day; of what is settled the latest."""
    waiting = [i.due_date for i in live if i.status in APPROVED and i.due > 0 and i.due_date]
    return min(waiting) if waiting else max((i.due_date for i in live if i.due_date), default=None)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
