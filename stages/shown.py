"""What the invoices of a deal say together: a deal has one set of fields, however many invoices it has."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.money import ZERO
from domain.records import Invoice
from domain.together import Billing, billing, together
from domain.write_back import status_words
from ledger import links, outbox, seen
from ledger.desk_tables import InvoiceSeen
from ledger.session import Session
from ledger.tables import Link
from stages import deals_ledger, frozen, on_account
from stages.pair import Pair


@dataclass(frozen=True, slots=True)
class Shown:
    """``lead`` is the link that remembers what the deal was told, ``invoice`` all of its invoices as one.

    ``refunded`` is what was paid back of our credit notes, ``overpaid`` what came beyond what was due.
    ``ended``: none of them counts any more, and another is to come.
    """

    lead: Link
    invoice: Invoice
    billing: Billing
    ended: bool = False
    refunded: Decimal = ZERO
    overpaid: Decimal = ZERO

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
    counting = standing or [row]
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
