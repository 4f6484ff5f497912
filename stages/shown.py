"""What the invoices of a deal say together: a deal has one set of fields, however many invoices it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from domain.consolidating import is_month, parted, shared
from domain.money import ZERO, plain
from domain.records import Invoice
from domain.together import Billing, billing, together
from domain.write_back import status_words
from ledger import links, months, outbox, seen
from ledger.desk_tables import InvoiceSeen
from ledger.session import Session
from ledger.tables import Link
from stages import deals_ledger, frozen, on_account
from stages.months import billed_of
from stages.pair import Pair


@dataclass(frozen=True, slots=True)
class Shown:
    """``lead`` is the link that remembers what the deal was told, ``invoice`` all of its invoices as one.

    ``refunded`` is what was paid back of our credit notes, ``overpaid`` what came beyond what was due.
    ``ended``: none of them counts any more, and another is to come. ``left``: the deal is not on the invoice any more.
    """

    lead: Link
    invoice: Invoice
    billing: Billing
    ended: bool = False
    refunded: Decimal = ZERO
    overpaid: Decimal = ZERO
    left: bool = False

    @property
    def status(self) -> str:
        """As people say it."""
        return status_words(self.invoice, self.refunded, self.overpaid)


def of_deal(session: Session, pair: Pair, row: Link, invoice: Invoice) -> Shown:
    """The deal's invoices with this one as read just now, the others as last read."""
    rows = links.of_deal(session, pair.name, row.deal_id) or [row]
    effects = outbox.by_identity(session, [each.crm_id for each in rows])
    ended = {key for key, effect in effects.items() if deals_ledger.is_ended(effect)}
    standing = [each for each in rows if each.crm_id not in ended]
    counting = standing or rows[-1:]
    others = [each.xero_id for each in counting if each.xero_id != invoice.id]
    known = {each.id: _invoice(each) for each in seen.of_ids(session, pair.name, others)} if others else {}
    known[invoice.id] = invoice
    invoices = [known[each.xero_id] for each in counting if each.xero_id in known] or [invoice]
    plans = [frozen.INVOICE_PLAN.validate_json(e.plan) for key, e in effects.items() if key not in ended]
    whole = next((plan.whole for plan in reversed(plans) if plan.whole is not None), None)
    notes = outbox.of_subject(session, pair.name, f"deal:{row.deal_id}", outbox.CREDIT)
    back = seen.paid_back(session, pair.name, [e.xero_id for e in notes if e.xero_id]) if notes else ZERO
    more = on_account.overpaid(session, pair, [each for each in invoices if each.status == "PAID"])
    return Shown(rows[0], together(invoices, whole), billing(invoices, whole), not standing, back, more)


def parts(session: Session, pair: Pair, whole: Shown, *, make: bool) -> list[Shown]:
    """What each deal is to show that an invoice for several bills or has billed; any other stands for itself.

    ``make`` the links that remember what such a deal was told, else those without one are left out.
    """
    month = whole.lead.deal_id
    if not is_month(month):
        return [whole]
    told = {each.deal_id: each for each in months.told_of(session, pair.name, _ids(session, pair, month))}
    sums, credited = billed_of(session, pair.name, month)
    shares = shared(whole.invoice, sums, credited)
    if make:
        told |= {deal: _link(session, pair, deal, whole) for deal in shares}
    refunded, overpaid = (parted(amount, {d: s.total for d, s in shares.items()}) for amount in _further(whole))
    found = [
        Shown(told[deal], share, billing([share]), whole.ended, refunded[deal], overpaid[deal])
        for deal, share in shares.items()
        if deal in told
    ]
    alone = {deal for deal in told if deal not in shares and not links.of_deal(session, pair.name, deal)}
    return found + [replace(whole, lead=told[deal], left=True) for deal in sorted(alone)]


def _further(whole: Shown) -> tuple[Decimal, Decimal]:
    return whole.refunded, whole.overpaid


def _ids(session: Session, pair: Pair, month: str) -> list[str]:
    return [row.xero_id for row in links.of_deal(session, pair.name, month)]


def _link(session: Session, pair: Pair, deal: str, whole: Shown) -> Link:
    """What remembers what a deal was told of its share."""
    told = (session, pair.name, links.SHARE, deal, whole.invoice.id)
    return links.link(*told, now=pair.now(), how="share", deal_id=deal)


def invoices_of(session: Session, pair: str, deal_ids: Sequence[str]) -> list[InvoiceSeen]:
    """The invoices of these deals as last read, oldest first; of one for several what is each deal's share of it."""
    found = list(seen.invoices(session, pair, deal_ids))
    for row in months.shares_of(session, pair, deal_ids):
        whole = seen.invoice(session, pair, row.xero_id)
        sums, credited = billed_of(session, pair, whole.deal_id) if whole is not None else ({}, {})
        if whole is not None and row.deal_id in sums:
            share = shared(_invoice(whole), sums, credited)[row.deal_id]
            figures = ("total", "due", "paid", "credited")
            told: dict[str, Any] = whole.model_dump() | {name: plain(getattr(share, name)) for name in figures}
            told |= {"tax": plain(share.total_tax), "deal_id": row.deal_id}
            found.append(InvoiceSeen(**told))
    return found


def _invoice(row: InvoiceSeen) -> Invoice:
    total, tax = Decimal(row.total), Decimal(row.tax or 0)
    return Invoice(
        row.id,
        row.number,
        row.status,
        row.contact_id,
        row.date,
        row.due_date,
        row.currency,
        "",
        total - tax,
        tax,
        total,
        Decimal(row.due),
        Decimal(row.paid),
        Decimal(row.credited),
        paid_on=row.paid_on,
    )
