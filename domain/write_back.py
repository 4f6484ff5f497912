"""What a deal is told about its invoice: only what is new, and its stage only between won and paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from domain.money import ZERO, plain
from domain.records import Invoice
from domain.rules import WriteBackRule
from domain.together import Billing, billing

State = Literal["paid", "part paid", "overdue", "voided"]
UNDONE = frozenset({"VOIDED", "DELETED"})
_WORDS = {
    "DRAFT": "Draft",
    "SUBMITTED": "Awaiting approval",
    "AUTHORISED": "Awaiting payment",
    "PAID": "Paid",
    "VOIDED": "Voided",
    "DELETED": "Deleted",
}


@dataclass(frozen=True, slots=True)
class WriteBackPlan:
    """What to write on the deal: its fields by name, absolute values; ``stage`` where it moves to, empty to stay."""

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    stage: str = ""


def status_words(invoice: Invoice, refunded: Decimal = ZERO, overpaid: Decimal = ZERO) -> str:
    """The invoice's status as people say it; one we don't know, as Xero says it.

    ``refunded`` is what was paid back of it, ``overpaid`` what came beyond what was due.
    """
    if overpaid and is_paid(invoice):
        return "Overpaid"
    if refunded:
        return "Refunded"
    if invoice.status == "AUTHORISED" and invoice.paid > 0:
        return "Part paid"
    if invoice.status == "AUTHORISED" and invoice.credited > 0:
        return "Part credited"
    if invoice.status == "PAID" and invoice.paid == 0 and invoice.credited > 0:
        return "Paid by credit"
    return _WORDS.get(invoice.status, invoice.status)


def is_paid(invoice: Invoice) -> bool:
    """Whether there was something to pay and all of it is paid or credited."""
    return invoice.status == "PAID" and invoice.total > 0


def invoice_link(invoice_id: str, short_code: str = "") -> str:
    """The address that opens the invoice in Xero, in the right organisation where its short code is known."""
    return _deep_link(f"/AccountsReceivable/Edit.aspx?InvoiceID={invoice_id}", short_code)


def contact_link(contact_id: str, short_code: str = "") -> str:
    """The address that opens a contact in Xero."""
    return _deep_link(f"/Contacts/View/{contact_id}", short_code)


def _deep_link(path: str, short_code: str) -> str:
    """https://developer.xero.com/documentation/api-guides/deep-link-xero"""
    if not short_code:
        return f"https://go.xero.com{path}"
    code = quote(short_code, safe="!")
    return f"https://go.xero.com/organisationlogin/default.aspx?shortcode={code}&redirecturl={path}"


def days_overdue(invoice: Invoice, today: date) -> int:
    """For how many days something has been due of an approved invoice."""
    late = invoice.status == "AUTHORISED" and invoice.due > 0 and invoice.due_date is not None
    return max(0, (today - invoice.due_date).days) if late and invoice.due_date else 0


def states(invoice: Invoice, today: date) -> tuple[State, ...]:
    """What a deal's stage may go by, what counts most first; nothing for a draft and for one that is simply not due."""
    if invoice.status == "VOIDED":
        return ("voided",)
    if is_paid(invoice):
        return ("paid",)
    if invoice.status != "AUTHORISED":
        return ()
    late: tuple[State, ...] = ("overdue",) if days_overdue(invoice, today) else ()
    return (*late, "part paid") if invoice.paid or invoice.credited else late


def stage_names(rule: WriteBackRule) -> dict[State, str]:
    """The stage that the mapping names for each state, of those that have one."""
    named: dict[State, str] = {
        "paid": rule.move_to_stage_when_paid,
        "part paid": rule.move_to_stage_when_part_paid,
        "overdue": rule.move_to_stage_when_overdue,
        "voided": rule.move_to_stage_when_voided,
    }
    return {state: name for state, name in named.items() if name}


def facts_for_deal(
    invoice: Invoice,
    rule: WriteBackRule,
    short_code: str = "",
    today: date | None = None,
    shares: Billing | None = None,
    refunded: Decimal = ZERO,
    overpaid: Decimal = ZERO,
) -> dict[str, str]:
    """Field of the deal → its text: amounts as ``1210.00``, dates ISO, empty for what is not so (any more).

    What changes by the day alone is left out where no day is said. ``shares`` is how much of the deal is billed, where
    the invoice is not all of it; ``refunded`` what was paid back of credit notes, ``overpaid`` what came beyond
    what was due.
    """
    shares = shares or billing([invoice])
    late = days_overdue(invoice, today) if today else 0
    facts = (
        (rule.invoice_number, invoice.number),
        (rule.invoice_link, invoice_link(invoice.id, short_code)),
        (rule.status, status_words(invoice, refunded, overpaid)),
        (rule.total, _amount(invoice, invoice.total)),
        (rule.amount_due, _amount(invoice, invoice.due)),
        (rule.amount_paid, _amount(invoice, invoice.paid)),
        (rule.amount_credited, _amount(invoice, invoice.credited)),
        (rule.amount_refunded, _amount(invoice, refunded)),
        (rule.amount_overpaid, _amount(invoice, overpaid)),
        (rule.billed, _amount(invoice, shares.percent)),
        (rule.outstanding, _amount(invoice, shares.outstanding)),
        (rule.due_date, invoice.due_date.isoformat() if invoice.due_date and invoice.status not in UNDONE else ""),
        (rule.days_overdue if today else None, str(late) if late else ""),
        (rule.paid_on, invoice.paid_on.isoformat() if is_paid(invoice) and invoice.paid_on else ""),
    )
    return {name: text for name, text in facts if name is not None}


def plan_write_back(
    invoice: Invoice,
    facts: Mapping[str, str],
    last_told: Mapping[str, str],
    stage_now: str,
    stages: Mapping[State, str],
    stage_before: str,
    today: date,
) -> WriteBackPlan | None:
    """What the deal doesn't know yet, or None.

    ``facts`` are those of ``facts_for_deal``, ``last_told`` what was last agreed, field by field. The stages are the
    CRM's ids: where the deal stands, those for states of invoices as far as the mapping names any, the one it came
    from. A deal in any other stage was put there by a person and stays.
    """
    fields = {name: text for name, text in facts.items() if last_told.get(name, "") != text}
    wanted = next((stages[state] for state in states(invoice, today) if state in stages), stage_before)
    may_move = stage_now and stage_now in {stage_before, *stages.values()}
    stage = wanted if may_move and stage_now != wanted else ""
    return WriteBackPlan(fields, stage) if fields or stage else None


def _amount(invoice: Invoice, amount: Decimal) -> str:
    return plain(ZERO if invoice.status in UNDONE else amount)
