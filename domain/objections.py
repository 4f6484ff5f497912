"""What stands in the way of a deal's invoice, as questions whose facts are the deal's figures to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.abn import clean_abn
from domain.booking import MENDED, BookedLine, fits, trouble_with
from domain.decision import Choice, Question
from domain.emails import addresses
from domain.gst import Totals, tolerance
from domain.money import show
from domain.records import Books, Deal, LineItem, PlannedLine
from domain.repeating import in_one_rhythm
from domain.rules import InvoiceRule
from domain.shares import said_share
from domain.terms import show_date

RETRY = Choice("retry", "It has been put right: look again")
IGNORE = Choice("ignore", "Leave this deal without an invoice until it changes")

# From this total on a tax invoice must show who the buyer is, by name or ABN; GST Act s 29-70(1)(c):
# https://www.ato.gov.au/law/view/document?docid=PAC/19990055/29-70
_BUYER_SHOWN_FROM = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Around:
    """What an invoice is planned with beside its deal and the rules.

    ``contact_name`` is the customer's name in Xero and ``terms`` its own, ``today`` the organisation's calendar day;
    ``reference`` and ``notes`` are finished texts; ``owner`` and ``pipeline`` what people call the deal's;
    ``standing_day`` is the day of the draft that there is, ``billed`` what
    other milestones took.
    """

    contact_name: str
    today: date
    reference: str = ""
    notes: str = ""
    terms: str = ""
    owner: str = ""
    pipeline: str = ""
    standing_day: date | None = None
    billed: tuple[PlannedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice as far as it is thought out: all lines booked and summed, its day proposed."""

    deal: Deal
    rule: InvoiceRule
    books: Books
    around: Around
    booked: tuple[BookedLine, ...]
    figures: Totals
    day: date

    @property
    def currency(self) -> str:
        return currency_of(self.deal, self.books)


def currency_of(deal: Deal, books: Books) -> str:
    """The deal's currency; a CRM that knows only one names none, and then it is the organisation's."""
    return deal.currency.strip().upper() or books.organisation.currency


def about_deal(deal: Deal, rule: InvoiceRule, books: Books) -> Iterator[Question]:
    """What is wrong with the deal itself, before anything is booked."""
    if deal.unreadable:
        yield _question("deal_unreadable", deal, {"why": deal.unreadable}, RETRY, IGNORE)
        return
    if not deal.lines:
        amount = show(deal.amount, currency_of(deal, books)) if deal.amount is not None else ""
        yield _question("no_lines", deal, {"deal amount": amount}, RETRY, IGNORE)
        return
    currency = currency_of(deal, books)
    offered = tuple(dict.fromkeys((books.organisation.currency, *books.currencies)))
    if currency not in offered:
        facts = {"currency": currency, "offered": ", ".join(offered)}
        leave = Choice("ignore", f"Leave deals in {currency} without an invoice")
        yield Question("currency_unavailable", f"currency:{currency}", facts, (MENDED, leave))
    troubles = [f"{_name(line)} {why}" for line in deal.lines if (why := trouble_with(line, currency))]
    if troubles:
        yield _question("line_invalid", deal, {"lines": "\n".join(troubles)}, RETRY, IGNORE)
    if deal.amounts_are and deal.amounts_are != rule.amounts_are:
        facts = {"the deal says": deal.amounts_are, "the mapping says": rule.amounts_are}
        mapped = Choice("as_mapped", f"Invoice it as the mapping says: {rule.amounts_are}")
        yield _question("amounts_unclear", deal, facts, mapped, RETRY, IGNORE)
    if rule.takes_field and said_share(deal.fields.get(rule.takes_field, "")) is None:
        facts = {"milestone": rule.milestone, "field": rule.takes_field}
        facts["the field says"] = deal.fields.get(rule.takes_field, "")
        yield _question("share_unclear", deal, facts, RETRY, IGNORE)
    if deal.instalments and rule.instalments == "ask":
        whole = Choice("in_full", "Invoice the whole deal now")
        yield _question("instalments", deal, {"instalments": str(deal.instalments)}, whole, RETRY, IGNORE)
    recurring = [f"{_name(line)} ({line.billing_frequency})" for line in deal.lines if line.billing_frequency]
    certain = rule.recurring_lines == "template" and in_one_rhythm(deal.lines)
    if recurring and rule.recurring_lines != "first period" and not certain:
        first = Choice("first_period", "Invoice the first period now")
        yield _question("recurring_line", deal, {"lines": "\n".join(recurring)}, first, RETRY, IGNORE)


def about_figures(draft: Draft) -> Iterator[Question]:
    """What a person has to look at once all lines are booked."""
    yield from _tax(draft)
    yield from _amount(draft)
    yield from _limit(draft)
    yield from _buyer(draft)
    yield from _lock_date(draft)
    yield from _seller(draft)
    yield from _plan_limits(draft)
    yield from _purchase_order(draft)


def _tax(draft: Draft) -> Iterator[Question]:
    """A taxed line where no tax can be charged: the invoice would drop the tax without a word."""
    organisation = draft.books.organisation
    taxed = sorted({each.line.tax_type for each in draft.booked if each.rate > 0})
    if not taxed:
        return
    if not organisation.pays_tax:
        why = f"{organisation.name} is not registered for GST in Xero."
    elif draft.rule.amounts_are == "no tax":
        why = f"The mapping says that invoices of {draft.rule.pipeline} bear no tax."
    else:
        return
    names = [rate.name for rate in draft.books.tax_rates if rate.tax_type in taxed]
    yield Question("tax_not_allowed", "pair", {"tax types": ", ".join(names), "why": why}, (MENDED,))


def _amount(draft: Draft) -> Iterator[Question]:
    """The deal says one amount and its lines another."""
    said, figures, currency = draft.deal.amount, draft.figures, draft.currency
    if said is None:
        return
    inclusive = draft.rule.amounts_are == "tax inclusive"
    ours = figures.total if inclusive else figures.subtotal
    allowed = draft.rule.may_differ_by
    if abs(said - ours) <= (tolerance(len(draft.booked)) if allowed is None else allowed):
        return
    facts = {
        "deal amount": show(said, currency),
        "lines amount": show(ours, currency),
        "difference": show(said - ours, currency),
        "amounts are": draft.rule.amounts_are,
        "GST": show(figures.tax, currency),
        "total": show(figures.total, currency),
    }
    if said == figures.total:
        facts["remark"] = "The deal's amount is the total with GST."
    lines = Choice("use_lines", f"Invoice the lines: {show(figures.total, currency)} with GST")
    yield _question("amount_differs", draft.deal, facts, lines, RETRY, IGNORE)


def _limit(draft: Draft) -> Iterator[Question]:
    """Larger than the mapping lets pass; in another currency there is no telling."""
    limit, home = draft.rule.ask_above, draft.books.organisation.currency
    if limit is None or (draft.currency == home and draft.figures.total <= limit):
        return
    facts = {"total": show(draft.figures.total, draft.currency), "limit": show(limit, home)}
    yield _question("ask_above", draft.deal, facts, Choice("go_ahead", "Make the invoice"), RETRY, IGNORE)


def _buyer(draft: Draft) -> Iterator[Question]:
    name = draft.around.contact_name.strip()
    small = draft.currency == draft.books.organisation.currency and draft.figures.total < _BUYER_SHOWN_FROM
    if small or (name and not addresses(name)):
        return
    facts = {"customer": name, "total": show(draft.figures.total, draft.currency)}
    yield _question("buyer_identity", draft.deal, facts, RETRY, IGNORE)


def _lock_date(draft: Draft) -> Iterator[Question]:
    locked = draft.books.organisation.locked_until
    if locked is None or draft.day > locked:
        return
    facts = {"date": show_date(draft.day), "locked until": show_date(locked)}
    dated_today = (Choice("date_today", "Date the invoice the day it is made"),) if draft.around.today > locked else ()
    yield _question("lock_date", draft.deal, facts, *dated_today, RETRY, IGNORE)


def _seller(draft: Draft) -> Iterator[Question]:
    """What is approved with GST on it is a tax invoice, and has to show the seller's ABN; GST Act s 29-70(1)(c)."""
    organisation = draft.books.organisation
    if draft.rule.create != "authorised" or organisation.country != "AU" or draft.figures.tax <= 0:
        return
    if not clean_abn(organisation.tax_number):
        yield Question("seller_abn", "pair", {"organisation": organisation.name}, (MENDED,))


# What an action of ours is called by Xero, and by people: https://developer.xero.com/documentation/api/accounting/organisation
_ACTIONS = {
    "CreateDraftInvoice": "make draft invoices",
    "CreateApprovedInvoice": "approve further invoices",
    "UseMulticurrency": "invoice in other currencies",
}


def _plan_limits(draft: Draft) -> Iterator[Question]:
    """What the organisation's plan with Xero does not let us do."""
    needed = {"CreateDraftInvoice"}
    if draft.rule.create == "authorised":
        needed.add("CreateApprovedInvoice")
    if draft.currency != draft.books.organisation.currency:
        needed.add("UseMulticurrency")
    for action in sorted(needed & set(draft.books.forbidden)):
        as_draft = (Choice("as_draft", "Leave invoices as drafts until then"),)
        choices = as_draft if action == "CreateApprovedInvoice" else ()
        yield Question("plan_limit", "pair", {"not allowed": _ACTIONS[action]}, (*choices, MENDED))


def _purchase_order(draft: Draft) -> Iterator[Question]:
    """A customer who pays no invoice without its order's number."""
    rule, name = draft.rule, draft.around.contact_name
    if rule.po_number is None or purchase_order(draft.deal, rule):
        return
    if any(fits(pattern, name.strip()) for pattern in rule.po_number_needed_by):
        without = Choice("without", "Invoice it without one")
        yield _question("po_missing", draft.deal, {"customer": name, "field": rule.po_number}, RETRY, without, IGNORE)


def purchase_order(deal: Deal, rule: InvoiceRule) -> str:
    """The customer's number for the order, "" where the deal has none."""
    return deal.fields.get(rule.po_number or "", "").strip()


def _question(kind: str, deal: Deal, facts: dict[str, str], *choices: Choice) -> Question:
    """A question about this deal alone: its id among the facts keeps another deal's answer away."""
    told = {key: fact for key, fact in facts.items() if fact}
    return Question(kind, f"deal:{deal.id}", {"deal id": deal.id, **told}, choices)


def _name(line: LineItem) -> str:
    return line.name.strip() or line.product_code.strip() or line.description.strip()[:40] or "A line without a name"


def milestone_edited(deal_id: str, number: str, made: str, now: str) -> Question:
    """What another milestone invoiced comes to something else by a person's hand, so what is left is not certain."""
    facts = {"invoice": number, "made for": made, "now": now}
    as_made = Choice("as_made", "Take off what it was made for, whatever it says now")
    return Question("milestone_edited", f"deal:{deal_id}", facts, (RETRY, as_made))
