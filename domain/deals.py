"""What a deal's own state means: who is billed, and what a change after its invoice asks of people."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from domain.checking import APPROVED
from domain.decision import Answers, Choice, Hold, Question
from domain.money import show
from domain.records import Customer, CustomerRef, Deal, Invoice, LineItem

IGNORE = Choice("ignore", "Leave this deal without an invoice until it changes")
RETRY = Choice("retry", "It has been put right in the CRM: look again")
LEAVE = Choice("leave", "Leave the invoice as it is")
VOID = Choice("void", "Void the invoice")
VOID_AND_NEW = Choice("void_and_new", "Void the invoice and make a new one of the deal as it is now")
CREDIT = Choice("credit", "Credit the invoice: a credit note over all of it, set against what is still due")
CREDIT_AND_NEW = Choice("credit_and_new", "Credit the invoice and make a new one of the deal as it is now")
ADJUST = Choice("adjust", "Make up the difference: a further invoice, or a credit note set against this one")
AGAIN = Choice("again", "Invoice the deal again")


def customer_of(deal: Deal, answers: Answers) -> CustomerRef | Hold:
    """Who is billed for this deal, or the question who."""
    if deal.customer is not None:
        return deal.customer
    if not deal.other_companies:
        return Hold((Question("customer_missing", _subject(deal), {}, (RETRY, IGNORE)),))
    choices = tuple(Choice(f"use:{i}", f"Bill company {i}") for i in deal.other_companies)
    facts = {"companies": ", ".join(deal.other_companies)}
    question = Question("customer_several", _subject(deal), facts, (*choices, RETRY, IGNORE))
    answer = answers.get(question.identity, "")
    if answer.startswith("use:"):
        return CustomerRef("company", answer.removeprefix("use:"))
    return Hold((question,))


def fingerprint(deal: Deal) -> str:
    """Changes when anything does that the invoice was made from; a stage, an owner or a note is not of it."""
    lines = [
        (x.product_code, x.name, x.description, x.billing_frequency, *map(_plain, _numbers(x))) for x in deal.lines
    ]
    repeated = [(x.billing_starts, x.billing_times) for x in deal.lines if x.billing_starts or x.billing_times]
    more = [each for each in (repeated, deal.share) if each]
    amount = "" if deal.amount is None else _plain(deal.amount)
    told = (str(deal.customer), deal.currency, amount, lines)
    return hashlib.sha256(repr((*told, *more)).encode()).hexdigest()[:16]


def after_invoice(
    deal: Deal, invoice: Invoice, *, billed: str, amount_billed: str, still_triggered: bool
) -> Question | None:
    """The question that a deal asks which changed after its invoice was made; ``billed`` is its fingerprint then."""
    facts = {"invoice": invoice.number or invoice.id, "amount then": amount_billed, "amount now": _amount(deal)}
    untouched, approved = is_untouched(invoice), invoice.status in APPROVED
    void = (LEAVE, *((VOID,) if untouched else ()), *((CREDIT,) if approved else ()))
    if deal.archived:
        return Question("deal_deleted", _subject(deal), facts, void)
    if not still_triggered and not deal.won:
        return Question("deal_unwon", _subject(deal), facts, void)
    if fingerprint(deal) != billed:
        anew = (VOID_AND_NEW,) if untouched else ()
        choices = (LEAVE, *anew, *((CREDIT_AND_NEW, ADJUST) if approved else ()))
        return Question("deal_changed", _subject(deal), facts | {"version": fingerprint(deal)}, choices)
    return None


def is_untouched(invoice: Invoice) -> bool:
    """Approved, and nothing paid or credited: such an invoice can be voided.

    https://developer.xero.com/documentation/api/accounting/invoices
    """
    return invoice.status == "AUTHORISED" and not invoice.paid and not invoice.credited


def undone(subject: str, invoice: Invoice) -> Question:
    """Somebody deleted or voided the invoice: it is not made again unless they say so."""
    facts = {"invoice": invoice.number or invoice.id, "status": invoice.status}
    return Question("voided_by_person", subject, facts, (Choice("leave", "Leave it without an invoice"), AGAIN))


def payer_missing(deal: Deal, milestone: str, payer: str) -> Question:
    """The deal does not say which company pays a milestone."""
    facts = {"deal id": deal.id, "milestone": milestone, "field": payer, "the field says": deal.fields.get(payer, "")}
    return Question("payer_missing", _subject(deal), facts, (RETRY, IGNORE))


def customer_gone(ref: CustomerRef) -> Question:
    """The company or person the deal names can't be read in the CRM."""
    return Question("customer_missing", f"customer:{ref}", {"customer_id": str(ref)}, (RETRY, IGNORE))


_NO = frozenset({"", "no", "n", "false", "off", "0", "none"})


def on_hold(deal: Deal, customer: Customer) -> Question | None:
    """Whether to invoice a customer whom somebody put on hold in the CRM."""
    if customer.on_hold.strip().casefold() in _NO:
        return None
    facts = {"deal id": deal.id, "customer": customer.name, "the field says": customer.on_hold}
    go_ahead = Choice("go_ahead", "Invoice this deal all the same")
    return Question("customer_on_hold", _subject(deal), facts, (go_ahead, RETRY, IGNORE))


def merged_twice(deal: Deal, numbers: list[str]) -> Question:
    """Deals that were merged after each of them had an invoice."""
    return Question("deal_merged", _subject(deal), {"invoices": ", ".join(sorted(numbers))}, (LEAVE,))


def absorbed(deal: Deal, other: str, number: str) -> Question:
    """A won deal that another one, gone with its invoice standing, may have been merged into."""
    choices = (
        Choice("merged", "They were merged: the invoice is this deal's"),
        Choice("separate", "They are two sales: invoice this deal as well"),
    )
    return Question("deal_absorbed", _subject(deal), {"other_deal": other, "invoice": number}, choices)


def _numbers(line: LineItem) -> tuple[Decimal, ...]:
    return (line.quantity, line.unit_price, line.discount_percent, line.discount_amount)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _amount(deal: Deal) -> str:
    return show(deal.amount, deal.currency) if deal.amount is not None else ""


def _subject(deal: Deal) -> str:
    return f"deal:{deal.id}"
