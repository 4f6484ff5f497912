"""What invoice a deal asks for: one plan from one snapshot, every question that stands in its way, or why not.

All questions are asked at once, so that a person who mends a deal mends it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from domain.booking import MENDED, BookedLine, book, booking_questions, fits, product_of, product_rule, trouble_with
from domain.decision import Answers, Choice, Hold, Question, Skip
from domain.gst import RatedLine, Totals, totals
from domain.money import ZERO, cents, show
from domain.objections import (
    IGNORE,
    RETRY,
    Around,
    Draft,
    about_deal,
    about_figures,
    currency_of,
    purchase_order,
)
from domain.records import Books, Deal, InvoicePlan, LineItem, PlannedLine
from domain.repeating import REPEATING, in_one_rhythm, recurring, repeats_of
from domain.rules import FULL, InvoiceRule, Rules
from domain.shares import owed, parse_share, part_of, said_share, summed
from domain.terms import due_date, parse_due, show_date
from domain.tracking import lacking, tracking_of

__all__ = ["due_date", "parse_due", "plan_invoice", "product_rule", "subjects_of"]

EXPORT = "EXEMPTEXPORT"
# Goods must leave within 60 days of the invoice or of the first payment, s 38-185(1):
# https://www.ato.gov.au/law/view/print?DocID=PAC%2F19990055%2F38-185&PiT=99991231235958
_EXPORT_DAYS = timedelta(60)
# A week before.
EXPORT_REMINDER = timedelta(53)
_LONGEST_REFERENCE = 255
_CENT = Decimal("0.01")


def subjects_of(deal: Deal, books: Books) -> tuple[str, ...]:
    """The subjects whose answers ``plan_invoice`` wants: the deal's own, and what it shares with other deals."""
    products = (f"product:{product_of(line)}" for line in deal.lines)
    return tuple(dict.fromkeys((f"deal:{deal.id}", f"currency:{currency_of(deal, books)}", "pair", *products)))


def plan_invoice(
    deal: Deal,
    rule: InvoiceRule,
    rules: Rules,
    books: Books,
    around: Around,
    answers: Answers,
    milestone: str = "full",
) -> InvoicePlan | Hold | Skip:
    """Plan the invoice of one deal.

    The invoice bears the day the deal was closed; where that is missing or still to come today, or the day of the draft
    that exists.
    """
    today = around.standing_day or around.today
    booked, unbooked = _book(deal, rule, rules, books)
    figures = totals([RatedLine(each.line.line_amount, each.rate) for each in booked], rule.amounts_are)
    day = deal.closed_on if deal.closed_on and deal.closed_on <= around.today else today
    draft = Draft(deal, rule, books, around, booked, figures, day)
    questions = [*about_deal(deal, rule, books), *unbooked]
    if not deal.unreadable and len(booked) == len(deal.lines) > 0:
        questions += about_figures(draft)
    questions += _about_settings(draft)
    undecided = _settle(questions, answers)
    if undecided is not None:
        return undecided
    if figures.total == 0 and not around.billed:
        return Skip("The deal's lines come to nothing, so there is nothing to invoice.")
    if any(question.kind == "lock_date" for question in questions):
        day = today if today > (books.organisation.locked_until or today) else around.today
    tracking = tracking_of(deal, rule, around, books)
    meant = _meant(draft, [replace(each.line, tracking=tracking) for each in booked])
    if not meant:
        return Skip("Nothing of the deal is billed once: see its template of repeating invoices, if it has one.")
    if undecided := _settle([*_about_what_is_left(draft, meant)], answers):
        return undecided
    taken = _taken(draft, meant)
    sums, whole = summed(taken, rule.amounts_are), summed([line for _, line in meant], rule.amounts_are).total
    if sums.total <= 0:
        return _nothing_left(draft, sums, answers)
    draft = replace(draft, figures=sums)
    repeats = repeats_of(deal.lines, day, rule.due, around.terms) if milestone == REPEATING else None
    day = repeats.first if repeats else day
    if around.notes:
        taken = (*taken, PlannedLine(around.notes, ZERO, ZERO, "", "", ZERO, ZERO))
    return InvoicePlan(
        deal_id=deal.id,
        milestone=milestone,
        date=day,
        due_date=due_date(rule.due, day, around.terms),
        currency=currency_of(deal, books),
        amounts_are=rule.amounts_are,
        reference=_reference(draft)[:_LONGEST_REFERENCE],
        lines=taken,
        subtotal=sums.subtotal,
        total_tax=sums.tax,
        total=sums.total,
        goal=_goal(draft),
        notes=tuple(_notes(draft, day, exports=_exports(draft))),
        branding_theme=_theme(draft) or "",
        send=rule.send_to_customer == "once approved",
        whole=whole if milestone not in (FULL, REPEATING) else None,
        repeats=repeats,
    )


_Meant = Sequence[tuple[LineItem, PlannedLine]]


def _meant(draft: Draft, lines: Sequence[PlannedLine]) -> _Meant:
    """The lines that this is about: what recurs stands in a template of its own, where the rule says so."""
    pairs, templates = list(zip(draft.deal.lines, lines, strict=True)), draft.rule.milestone == REPEATING
    if draft.rule.recurring_lines != "template" or not in_one_rhythm(draft.deal.lines):
        return [] if templates else pairs
    return [each for each in pairs if bool(each[0].billing_frequency) == templates]


def _taken(draft: Draft, meant: _Meant) -> tuple[PlannedLine, ...]:
    """What of the deal's lines the rule's milestone takes."""
    rule, lines = draft.rule, [line for _, line in meant]
    left = sum((line.line_amount for line in lines), ZERO) - sum((x.line_amount for x in draft.around.billed), ZERO)
    if draft.around.billed and left <= 0 and not (rule.takes and parse_share(rule.takes).rest):
        return ()
    if rule.takes_products:
        return tuple(line for of, line in meant if any(fits(each, product_of(of)) for each in rule.takes_products))
    said = said_share(draft.deal.fields.get(rule.takes_field or "", ""))
    if not rule.takes and said is None:
        return tuple(lines)
    share = said or parse_share(rule.takes)
    if share.rest:
        return owed(lines, draft.around.billed)
    rates = {each.line.tax_type: each.rate for each in draft.booked}
    words = rule.milestone.capitalize() + (f", {share.percent.normalize():f}%" if share.percent else "")
    return part_of(lines, share, rates, rule.amounts_are, words, left)


def _about_what_is_left(draft: Draft, meant: _Meant) -> Iterator[Question]:
    """Whether other payers have approved invoices for so much that less is left than a field of the deal says."""
    said, billed = said_share(draft.deal.fields.get(draft.rule.takes_field or "", "")), draft.around.billed
    whole = sum((line.line_amount for _, line in meant), ZERO)
    left = whole - sum((line.line_amount for line in billed), ZERO)
    if said is None or not billed or left <= 0:
        return
    lacking = cents(whole * said.percent / 100) - left
    if lacking > _CENT * len(meant):
        facts = {"deal id": draft.deal.id, "milestone": draft.rule.milestone, "the field says": f"{said.percent:f}%"}
        facts |= {"left": show(left, draft.currency), "lacking": show(lacking, draft.currency)}
        yield Question("overbilled", f"deal:{draft.deal.id}", facts, (RETRY, IGNORE))


def _nothing_left(draft: Draft, sums: Totals, answers: Answers) -> Hold | Skip:
    if sums.total == 0:
        return Skip(f"There is nothing to invoice for the milestone {draft.rule.milestone}.")
    facts = {"deal id": draft.deal.id, "whole": show(draft.figures.total, draft.currency)}
    facts["too much"] = show(-sums.total, draft.currency)
    question = Question("overbilled", f"deal:{draft.deal.id}", facts, (RETRY, IGNORE))
    return _settle([question], answers) or Skip("More was invoiced than the deal comes to.")


def _about_settings(draft: Draft) -> Iterator[Question]:
    """What the mapping names for invoices and Xero does not have."""
    rule = draft.rule
    for category, option in lacking(draft.deal, rule, draft.around, draft.books):
        without = Choice("without", "Leave the lines without it")
        facts = {"category": category, "option": option}
        yield Question("tracking_unavailable", "pair", facts, (MENDED, without))
    if rule.branding_theme and _theme(draft) is None:
        facts = {"theme": rule.branding_theme, "offered": ", ".join(name for _, name in draft.books.themes)}
        yield Question("theme_unavailable", "pair", facts, (MENDED,))


def _theme(draft: Draft) -> str | None:
    wanted = draft.rule.branding_theme.strip().casefold()
    return next((id_ for id_, name in draft.books.themes if name.strip().casefold() == wanted), None)


def _reference(draft: Draft) -> str:
    """The reference with the customer's order number behind it, unless it is in it."""
    text, number = draft.around.reference, purchase_order(draft.deal, draft.rule)
    return text if number in text else f"{text[: _LONGEST_REFERENCE - len(number) - 5]}, PO {number}".lstrip(", ")


def export_by(plan: InvoicePlan) -> str:
    """The day until which exported goods must have left, for people; "" for an invoice without any."""
    exports = any(line.tax_type == EXPORT for line in plan.lines)
    return show_date(plan.date + _EXPORT_DAYS) if exports else ""


def _exports(draft: Draft) -> bool:
    return any(each.line.tax_type == EXPORT for each in draft.booked)


def _goal(draft: Draft) -> str:
    """How far the rule takes it, unless a person has to look first."""
    limited = draft.rule.create == "authorised" and "CreateApprovedInvoice" in draft.books.forbidden
    return "draft" if limited or _exports(draft) or _is_too_large(draft) else draft.rule.create


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
    recurs = recurring(draft.deal.lines)
    if recurs and not (draft.rule.recurring_lines == "template" and in_one_rhythm(draft.deal.lines)):
        notes.append(f"Of {len(recurs)} recurring lines the invoice has the first period.")
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
