"""Planning one invoice: of a deal's milestone, or of all deals of a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.consolidating import as_plan, dated, month_named
from domain.decision import Answers, Hold, Skip
from domain.invoicing import plan_invoice, subjects_of
from domain.objections import Around
from domain.records import Deal, InvoicePlan, PlannedLine
from domain.rules import FULL, InvoiceRule
from domain.triggers import as_billed, of_milestone, rule_passed
from ledger import inbox, reviews
from stages.months import is_on, let_go, month_for
from stages.pair import Pair
from templates.rendering import reference

Plan = InvoicePlan | Hold | Skip
NOTHING: Answers = {}


def plan_one(
    pair: Pair,
    deal: Deal,
    rule: InvoiceRule,
    contact_name: str,
    terms: str = "",
    assumed: Answers = NOTHING,
    *,
    day: date | None = None,
    billed: tuple[PlannedLine, ...] = (),
) -> Plan:
    """Plan one deal's invoice, for a contact of this name and these terms.

    ``assumed`` are answers that nobody gave yet, ``day`` that of the draft there is, ``billed`` what other
    milestones take.
    """
    books = pair.books()
    with pair.ledger.read() as session:
        answers = reviews.answers(session, pair.name, subjects_of(deal, books)) | dict(assumed)
    labels = pair.labels()
    around = Around(
        contact_name,
        pair.today(),
        *words_of(rule, deal, contact_name),
        terms,
        labels.get(f"owner/{deal.owner}", ""),
        labels.get(deal.pipeline, ""),
        day,
        billed,
    )
    return plan_invoice(deal, rule, pair.rules, books, around, answers, rule.milestone)


def words_of(rule: InvoiceRule, deal: Deal, contact_name: str) -> tuple[str, str]:
    """The reference, and the last line."""
    return reference(rule.reference, deal, contact_name), reference(rule.notes_line, deal, contact_name)


def of_month(pair: Pair, deal: Deal) -> Deal:
    """The deal dated as the invoice that it waits for."""
    with pair.ledger.read() as session:
        month = month_for(session, pair, as_billed(deal, pair.rules, FULL))
    return dated(deal, month_named(month), pair.today())


def plan_month(
    pair: Pair, month: Deal, deals: Sequence[Deal], rule: InvoiceRule, payer: tuple[str, str], day: date | None
) -> Plan:
    """A month's invoice of its deals, each as it would be invoiced by itself, for a contact of this name and terms.

    A deal that can't be booked does not hold the others up: it goes, asks by itself, and the month is looked at again.
    Of one that is on the invoice already all wait. ``day`` is that of the draft there is.
    """
    parts: list[tuple[Deal, InvoicePlan]] = []
    asking: list[str] = []
    for deal in deals:
        found = _own(pair, deal, rule, payer, month.id)
        if isinstance(found, InvoicePlan):
            parts.append((deal, found))
            continue
        with pair.ledger.read() as session:
            on_it = is_on(session, pair, month.id, deal.id)
        if not on_it:
            asking.append(deal.id)
        elif isinstance(found, Hold):
            return found
    if asking:
        let_go(pair, asking)
        with pair.ledger.write() as session:
            inbox.notice(session, pair.name, inbox.DEALS, [month.id], pair.now())
        return Hold(())
    if not parts:
        return Skip("There is nothing to invoice.")
    return as_plan(month, rule, parts, words_of(rule, month, payer[0]), payer[1], day)


def _own(pair: Pair, deal: Deal, rule: InvoiceRule, payer: tuple[str, str], month: str) -> Plan:
    """What a deal comes to by itself, dated as its month's invoice is."""
    own = rule_passed(deal, of_milestone(pair.rules, FULL), pair.labels())
    at = dated(as_billed(deal, pair.rules, FULL), month_named(month), pair.today())
    return plan_one(pair, at, own if own is not None and own.consolidates else rule, *payer)
