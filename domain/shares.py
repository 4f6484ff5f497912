"""What of a deal is still to be invoiced, line by line: shares of the whole, and what takes back what was billed.

Every line bears its own amount and tax to the cent, so that sums of shares, and of what is left, are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.gst import Totals, tax_of
from domain.money import ZERO, cents, decimals, strict_decimal
from domain.records import InvoicePlan, PlannedLine

LESS = "Less: "
ONE, HUNDRED = Decimal(1), Decimal(100)
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Share:
    """What of a deal an invoice takes: so many per cent, so much, or ``rest``: what no other invoice has taken."""

    percent: Decimal = ZERO
    amount: Decimal = ZERO
    rest: bool = False


def parse_share(text: str) -> Share:
    """The mapping's ``takes``; ValueError with a sentence for whoever wrote it."""
    words = " ".join(text.casefold().split())
    if words in {"the rest", "rest"}:
        return Share(rest=True)
    try:
        if words.endswith("%"):
            percent = strict_decimal(words.removesuffix("%"))
            if 0 < percent <= HUNDRED:
                return Share(percent=percent)
        else:
            amount = strict_decimal(words.removeprefix("$").replace(",", ""))
            if amount > 0 and decimals(amount) <= 2:
                return Share(amount=amount)
    except ValueError:
        pass
    raise ValueError("Write a share like 30%, an amount like 500.00, or: the rest.")


def said_share(text: str) -> Share | None:
    """How many per cent a deal's own field says; None where that is not certain: 0.6 may be meant for 60."""
    try:
        percent = strict_decimal(text.strip().removesuffix("%").strip())
    except ValueError:
        return None
    return Share(percent=percent) if 1 <= percent <= HUNDRED else None


def part_of(
    whole: Sequence[PlannedLine],
    share: Share,
    rates: Mapping[str, Decimal],
    amounts_are: str,
    words: str,
    most: Decimal,
) -> tuple[PlannedLine, ...]:
    """A share of the whole, one line for each account, tax type and tracking; no more than ``most``, what is left.

    All of it is the very lines, whose taxes were each rounded by itself. ``rates`` are the taxes' per cents; ``words``
    say what the lines are.
    """
    groups: dict[tuple[object, ...], list[PlannedLine]] = {}
    for line in whole:
        if line.account_code:
            groups.setdefault((line.account_code, line.tax_type, line.tracking), []).append(line)
    sums = [sum((line.line_amount for line in group), ZERO) for group in groups.values()]
    total = sum(sums, ZERO)
    wanted = min(share.amount or cents(total * share.percent / HUNDRED), most)
    if wanted == total:
        named = [replace(line, description=f"{words}: {line.description[:LONGEST]}") for line in whole]
        return tuple(line for line in named if line.line_amount)
    found: list[PlannedLine] = []
    left, left_of = wanted, total
    for group, amount in zip(groups.values(), sums, strict=True):
        part = cents(left * amount / left_of) if left_of else ZERO
        left, left_of = left - part, left_of - amount
        names = ", ".join(dict.fromkeys(line.description for line in group))[:LONGEST]
        tax = tax_of(part, rates.get(group[0].tax_type, ZERO), amounts_are)
        one = PlannedLine(f"{words}: {names}", ONE, part, group[0].account_code, group[0].tax_type, part, tax)
        found.append(replace(one, tracking=group[0].tracking))
    return tuple(line for line in found if line.line_amount)


def owed(whole: Sequence[PlannedLine], billed: Sequence[PlannedLine]) -> tuple[PlannedLine, ...]:
    """The lines of the whole that were not billed, and behind them, taken off, what was billed otherwise.

    Lines of words alone stand with what is left.
    """
    left = [line for line in billed if line.account_code]
    found: list[PlannedLine] = []
    for line in whole:
        same = next((each for each in left if each == line), None)
        if same is None:
            found.append(line)
        else:
            left.remove(same)
    return (*found, *(opposite(line) for line in left))


def opposite(line: PlannedLine) -> PlannedLine:
    """The line that takes another off."""
    plain = net(line)
    words = line.description.removeprefix(LESS) if line.line_amount < 0 else f"{LESS}{line.description}"
    figures = {"quantity": -plain.quantity, "line_amount": -plain.line_amount, "tax_amount": -plain.tax_amount}
    return replace(plain, description=words, **figures)


def net(line: PlannedLine) -> PlannedLine:
    """The line without a discount, which credit notes and negative lines don't have: one of what it came to."""
    if not (line.discount_percent or line.discount_amount):
        return line
    one = PlannedLine(
        line.description, ONE, line.line_amount, line.account_code, line.tax_type, line.line_amount, line.tax_amount
    )
    return replace(one, item_code=line.item_code, tracking=line.tracking, deal=line.deal)


def with_lines(plan: InvoicePlan, lines: Sequence[PlannedLine]) -> InvoicePlan:
    """The plan with other lines, summed up."""
    sums = summed(lines, plan.amounts_are)
    return replace(plan, lines=tuple(lines), subtotal=sums.subtotal, total_tax=sums.tax, total=sums.total)


def summed(lines: Sequence[PlannedLine], amounts_are: str) -> Totals:
    """The figures at the foot of these lines."""
    amount = sum((line.line_amount for line in lines), ZERO)
    tax = sum((line.tax_amount for line in lines), ZERO)
    return Totals(amount - tax, tax, amount) if amounts_are == "tax inclusive" else Totals(amount, tax, amount + tax)


def made_today(plan: InvoicePlan, today: date) -> InvoicePlan:
    """The plan dated another day, due as long after it."""
    return replace(plan, date=today, due_date=today + (plan.due_date - plan.date))


def credit_of(plan: InvoicePlan, billed: Sequence[PlannedLine], today: date) -> InvoicePlan:
    """The credit note over all that was billed."""
    return _credit(made_today(plan, today), owed(billed, ()))


def adjustment(plan: InvoicePlan, billed: Sequence[PlannedLine], today: date) -> InvoicePlan | None:
    """What makes billed lines come to what the plan says: a further invoice, or with ``is_credit`` a credit note.

    None where they come to the same.
    """
    now = made_today(plan, today)
    more = with_lines(now, owed(plan.lines, billed))
    if more.total > 0:
        return more
    return _credit(now, owed(billed, plan.lines)) if more.total < 0 else None


def _credit(plan: InvoicePlan, lines: Sequence[PlannedLine]) -> InvoicePlan:
    kept = [net(line) for line in lines if line.account_code]
    return replace(with_lines(plan, kept), is_credit=True, goal="authorised", notes=(), send=False)
