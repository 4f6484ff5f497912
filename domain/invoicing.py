"""What invoice a deal asks for: one plan from one snapshot, every question that stands in its way, or why not.

All questions are asked at once, so that a person who mends a deal mends it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from domain.booking import BookedLine, book, booking_questions, product_of, product_rule, trouble_with
from domain.decision import Answers, Hold, Question, Skip
from domain.gst import RatedLine, totals
from domain.money import show
from domain.objections import IGNORE, RETRY, Draft, about_deal, about_figures, currency_of
from domain.records import Books, Deal, InvoicePlan
from domain.rules import InvoiceRule, Rules
from domain.terms import due_date, parse_due, show_date

__all__ = ["due_date", "parse_due", "plan_invoice", "product_rule", "subjects_of"]

_EXPORT = "EXEMPTEXPORT"
# Goods must leave within 60 days of the invoice or of the first payment, s 38-185(1):
# https://www.ato.gov.au/law/view/print?DocID=PAC%2F19990055%2F38-185&PiT=99991231235958
_EXPORT_DAYS = timedelta(60)
_LONGEST_REFERENCE = 255


def subjects_of(deal: Deal, books: Books) -> tuple[str, ...]:
    """The subjects whose answers ``plan_invoice`` wants: the deal's own, and what it shares with other deals."""
    products = (f"product:{product_of(line)}" for line in deal.lines)
    return tuple(dict.fromkeys((f"deal:{deal.id}", f"currency:{currency_of(deal, books)}", *products)))


def plan_invoice(
    deal: Deal,
    rule: InvoiceRule,
    rules: Rules,
    books: Books,
    contact_name: str,
    today: date,
    reference: str,
    answers: Answers,
    milestone: str = "full",
    standing_day: date | None = None,
) -> InvoicePlan | Hold | Skip:
    """Plan the invoice of one deal.

    ``contact_name`` is the customer's name in Xero, ``today`` the organisation's calendar day, ``reference`` the
    finished text. The invoice bears the day the deal was closed; where that is missing or still to come today, or
    ``standing_day`` where the draft exists.
    """
    booked, unbooked = _book(deal, rule, rules, books)
    figures = totals([RatedLine(each.line.line_amount, each.rate) for each in booked], rule.amounts_are)
    day = deal.closed_on if deal.closed_on and deal.closed_on <= today else standing_day or today
    draft = Draft(deal, rule, books, contact_name, booked, figures, day, today)
    questions = [*about_deal(deal, rule, books), *unbooked]
    if not deal.unreadable and len(booked) == len(deal.lines) > 0:
        questions += about_figures(draft)
    undecided = _settle(questions, answers)
    if undecided is not None:
        return undecided
    if figures.total == 0:
        return Skip("The deal's lines come to nothing, so there is nothing to invoice.")
    if any(question.kind == "lock_date" for question in questions):
        day = today
    exports = any(each.line.tax_type == _EXPORT for each in booked)
    return InvoicePlan(
        deal_id=deal.id,
        milestone=milestone,
        date=day,
        due_date=due_date(rule.due, day),
        currency=currency_of(deal, books),
        amounts_are=rule.amounts_are,
        reference=reference[:_LONGEST_REFERENCE],
        lines=tuple(each.line for each in booked),
        subtotal=figures.subtotal,
        total_tax=figures.tax,
        total=figures.total,
        goal="draft" if exports or _is_too_large(draft) else rule.create,
        notes=tuple(_notes(draft, day, exports=exports)),
    )


def _book(
    deal: Deal, rule: InvoiceRule, rules: Rules, books: Books
) -> tuple[tuple[BookedLine, ...], tuple[Question, ...]]:
    """The lines that can be booked, and what keeps the others from it. A line that names nothing is asked about."""
    booked: list[BookedLine] = []
    questions: list[Question] = []
    for line in deal.lines:
        if trouble_with(line, currency_of(deal, books)):
            questions += booking_questions(line, rules.products, books) if product_of(line) else []
            continue
        outcome = book(line, rules.products, books, rule.amounts_are)
        if isinstance(outcome, BookedLine):
            booked.append(outcome)
        else:
            questions += outcome
    return tuple(booked), tuple(questions)


def _settle(questions: Sequence[Question], answers: Answers) -> Hold | Skip | None:
    """Skip if a person said so, Hold while anything is unanswered, None when all is settled."""
    open_ones: dict[str, Question] = {}
    for question in questions:
        choices = {choice.id for choice in question.choices}
        answer = answers.get(question.identity, "")
        if answer == IGNORE.id and answer in choices:
            return Skip("A person chose to leave this deal without an invoice.")
        if answer == RETRY.id or answer not in choices:
            open_ones[f"{question.subject} {question.identity}"] = question
    return Hold(tuple(open_ones.values())) if open_ones else None


def _is_too_large(draft: Draft) -> bool:
    """Larger than the mapping lets be approved; in another currency there is no telling."""
    limit, home = draft.rule.approve_up_to, draft.books.organisation.currency
    return limit is not None and (draft.currency != home or draft.figures.total > limit)


def _notes(draft: Draft, day: date, *, exports: bool) -> list[str]:
    notes: list[str] = []
    if exports:
        leave_by = show_date(day + _EXPORT_DAYS)
        notes.append(
            "The invoice uses GST Free Exports and is left as a draft: check that the sale is an export "
            f"(goods must leave Australia by {leave_by}) and approve it in Xero."
        )
    currency, home = draft.currency, draft.books.organisation.currency
    if draft.rule.create != "draft" and _is_too_large(draft):
        limit = show(draft.rule.approve_up_to or draft.figures.total, home)
        notes.append(f"The invoice is left as a draft: it is not certain to be {limit} or less, the mapping's limit.")
    if currency != home and draft.figures.tax > 0:
        notes.append(
            f"The invoice charges GST in {currency}: a tax invoice must show the GST in {home}, or what it takes to "
            "work it out, such as the exchange rate."
        )
    return notes
