"""How one line of a deal is booked: its product's rule, a live account and a live tax rate, figures Xero can take.

What stands in the way comes back as a question about the product, the account or the tax type, not about the deal:
forty deals with the same gap in the mapping ask once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.decision import Choice, Question
from domain.gst import line_amount, tax_of
from domain.money import ZERO, cents, decimals
from domain.records import Account, Books, LineItem, PlannedLine, TaxRate
from domain.rules import ProductRule

MENDED = Choice("retry", "The mapping or Xero has been put right: look again")
LEAVE_PRODUCT = Choice("ignore", "Leave deals with this product without an invoice")

# Xero takes four decimals in a unit price when asked to (unitdp=4), and 13 digits in a quantity:
# https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero
# https://developer.xero.com/documentation/api/accounting/invoices
_MOST_DECIMALS = 4
_LARGEST = Decimal(10) ** 9
_LONGEST_DESCRIPTION = 4000


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A planned line and the rate of its tax, in per cent."""

    line: PlannedLine
    rate: Decimal


def product_rule(line: LineItem, rules: Sequence[ProductRule]) -> ProductRule | None:
    """The first rule that fits the line's product code or, if none does, its name; ``*`` stands for anything."""
    for text in (line.product_code.strip(), line.name.strip()):
        for rule in rules:
            if text and fits(rule.product, text):
                return rule
    return None


def product_of(line: LineItem) -> str:
    """What the product is called where it is asked about."""
    return line.product_code.strip() or line.name.strip() or line.description.strip()


def trouble_with(line: LineItem, currency: str) -> str:
    """Why Xero could not take the line's figures, as half a sentence; empty for a sound line."""
    numbers = (line.quantity, line.unit_price, line.discount_percent, line.discount_amount)
    if any(abs(number) >= _LARGEST for number in numbers):
        return "has a number that is too large"
    if line.quantity < 0 or line.unit_price < 0:
        return "has a negative quantity or price"
    if line.quantity == 0 and line.unit_price != 0:
        return "has a price but the quantity is 0"
    if max(decimals(line.quantity), decimals(line.unit_price)) > _MOST_DECIMALS:
        return "has more than four decimals in its quantity or price"
    if not 0 <= line.discount_percent <= 100:
        return "has a discount that is not between 0 and 100 per cent"
    if line.discount_amount < 0 or _net(line) < 0:
        return "has a discount that is negative or larger than the line"
    if line.currency and line.currency != currency:
        return f"is in {line.currency} while the deal is in {currency}"
    if not _description(line):
        return "has neither a description nor a name"
    return ""


def book(line: LineItem, rules: Sequence[ProductRule], books: Books, amounts_are: str) -> BookedLine | list[Question]:
    """The line as it is invoiced, or the questions that keep it from being booked.

    The line's own figures must be sound: see ``trouble_with``.
    """
    rule = product_rule(line, rules)
    if rule is None:
        return [_unmapped(line)]
    account = sales_account(rule.account_code, books.accounts)
    rate = sales_rate(rule.tax_type, books.tax_rates)
    if isinstance(account, str) or isinstance(rate, str) or _lacks_item(rule, books):
        return _unbookable(rule, books)
    return BookedLine(_planned(line, rule, account, rate, amounts_are), rate.rate)


def booking_questions(line: LineItem, rules: Sequence[ProductRule], books: Books) -> list[Question]:
    """What keeps a line from being booked, whatever its figures."""
    rule = product_rule(line, rules)
    return [_unmapped(line)] if rule is None else _unbookable(rule, books)


def sales_account(code: str, accounts: Sequence[Account]) -> Account | str:
    """The account that sales may be booked to, or why there is none."""
    account = next((each for each in accounts if each.code.casefold() == code.casefold()), None)
    if account is None:
        return f"Xero has no account {code}."
    if account.status != "ACTIVE":
        return f"Account {code} ({account.name}) is archived in Xero."
    if account.account_class != "REVENUE" or account.system:
        return f"Account {code} ({account.name}) is not an account for sales."
    return account


def sales_rate(tax_type: str, rates: Sequence[TaxRate]) -> TaxRate | str:
    """The tax rate that sales may bear, by its code or the name Xero shows, or why there is none."""
    wanted = tax_type.casefold()
    named = [rate for rate in rates if rate.tax_type.casefold() == wanted] or [
        rate for rate in rates if rate.name.casefold() == wanted
    ]
    usable = [rate for rate in named if rate.status == "ACTIVE" and rate.for_revenue]
    if not named:
        return f"Xero has no tax rate {tax_type}."
    if not any(rate.status == "ACTIVE" for rate in named):
        return f"The tax rate {tax_type} is archived in Xero."
    if not usable:
        return f"The tax rate {tax_type} can't be used on sales."
    if len(usable) > 1:
        return f"Xero has several tax rates {tax_type}."
    return usable[0]


def _unmapped(line: LineItem) -> Question:
    product = product_of(line)
    return Question("product_unmapped", f"product:{product}", {"product": product}, (MENDED, LEAVE_PRODUCT))


def _unbookable(rule: ProductRule, books: Books) -> list[Question]:
    questions: list[Question] = []
    account = sales_account(rule.account_code, books.accounts)
    if isinstance(account, str):
        facts = {"account": rule.account_code, "why": account, "product": rule.product}
        questions.append(Question("account_unavailable", f"account:{rule.account_code}", facts, (MENDED,)))
    rate = sales_rate(rule.tax_type, books.tax_rates)
    if isinstance(rate, str):
        offered = ", ".join(each.name for each in books.tax_rates if each.status == "ACTIVE" and each.for_revenue)
        facts = {"tax type": rule.tax_type, "why": rate, "product": rule.product, "offered": offered}
        questions.append(Question("tax_type_unavailable", f"tax type:{rule.tax_type}", facts, (MENDED,)))
    if _lacks_item(rule, books):
        facts = {"item": rule.item_code, "product": rule.product}
        questions.append(Question("item_unavailable", f"item:{rule.item_code}", facts, (MENDED,)))
    return questions


def _lacks_item(rule: ProductRule, books: Books) -> bool:
    return bool(rule.item_code and books.item_codes) and rule.item_code not in books.item_codes


def _planned(line: LineItem, rule: ProductRule, account: Account, rate: TaxRate, amounts_are: str) -> PlannedLine:
    percent, discount = _discounts(line)
    amount = line_amount(line.quantity, line.unit_price, percent, discount)
    return PlannedLine(
        description=_description(line),
        quantity=line.quantity,
        unit_amount=line.unit_price,
        account_code=account.code,
        tax_type=rate.tax_type,
        line_amount=amount,
        tax_amount=tax_of(amount, rate.rate, amounts_are),
        discount_percent=percent,
        discount_amount=discount,
        item_code=rule.item_code,
    )


def _discounts(line: LineItem) -> tuple[Decimal, Decimal]:
    """Percentage and amount as Xero keeps them, at most one not zero.

    Xero keeps a discount rate to two decimals and then finds its own line amount wrong; a finer one goes as an amount.
    https://community.xero.com/developer/discussion/144129369/
    """
    percent, discount = line.discount_percent, line.discount_amount
    if decimals(percent) <= 2 and decimals(discount) <= 2 and not (percent and discount):
        return percent, discount
    return ZERO, cents(line.quantity * line.unit_price - _net(line))


def _net(line: LineItem) -> Decimal:
    return line_amount(line.quantity, line.unit_price, line.discount_percent, line.discount_amount)


def _description(line: LineItem) -> str:
    return (line.description.strip() or line.name.strip())[:_LONGEST_DESCRIPTION]


def fits(pattern: str, text: str) -> bool:
    """Whether a product is meant by a rule's pattern; ``*`` stands for anything, letter case for nothing."""
    expression = ".*".join(re.escape(part) for part in pattern.strip().split("*"))
    return re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL) is not None
