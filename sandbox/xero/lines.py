"""Invoice lines: the organisation's rules for them, and Xero's arithmetic.

https://developer.xero.com/documentation/api/accounting/invoices and
https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero: every line's amount and tax is rounded
to two decimals, then they are summed. That halves are rounded up is not stated there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from sandbox.xero.books import Books
from sandbox.xero.chart import APPLIES_TO
from sandbox.xero.records import ZERO, Record, cents, stripped

_PLACES = {2: Decimal("0.01"), 4: Decimal("0.0001")}
_LARGEST = Decimal(10) ** 13
_HUNDRED = Decimal(100)
_NUMBERS = ("Quantity", "UnitAmount", "DiscountRate", "DiscountAmount", "LineAmount", "TaxAmount")
# What a line keeps of an earlier version when an update names its LineItemID and leaves the field out.
KEPT = (
    "Description",
    "Quantity",
    "UnitAmount",
    "ItemCode",
    "AccountCode",
    "TaxType",
    "Tracking",
    "DiscountRate",
    "DiscountAmount",
)
_MAPPED_IN_AUSTRALIA = {"NONE": "BASEXCLUDED", "EXEMPTINPUT": "EXEMPTEXPENSES"}


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What the document asks of its lines.

    ``places``: decimals of unit prices, 2 or with unitdp=4 four. ``complete``: it is on its way to be approved.
    """

    amounts: str
    places: int
    sale: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of the lines."""

    subtotal: Decimal
    tax: Decimal
    total: Decimal
    discount: Decimal


def read_lines(
    books: Books, sent: Sequence[dict[str, Any]], earlier: Sequence[Record], terms: LineTerms, problems: list[str]
) -> tuple[Record, ...]:
    """The lines as Xero keeps them, oldest words for what is wrong added to ``problems``.

    A line that names a LineItemID of ``earlier`` is that line changed, any other is new, and one left out is gone:
    https://developer.xero.com/documentation/api/accounting/invoices#post-invoices
    """
    by_id = {line["LineItemID"]: line for line in earlier}
    found: list[Record] = []
    for each in sent:
        before = by_id.get(stripped(each.get("LineItemID")))
        fields = {**{key: before[key] for key in KEPT if key in before}, **each} if before else each
        line = _read_line(books, fields, terms, problems)
        line["LineItemID"] = before["LineItemID"] if before else books.new_id()
        found.append(Record(line))
    return tuple(found)


def totals(lines: Sequence[Record], amounts: str) -> Totals:
    amount = sum((line["LineAmount"] for line in lines), ZERO)
    tax = sum((line["TaxAmount"] for line in lines), ZERO)
    discount = sum((_discount(line) for line in lines), ZERO)
    if amounts == "Inclusive":
        return Totals(amount - tax, tax, amount, discount)
    return Totals(amount, tax, amount + tax, discount)


def at_two_places(line: Record) -> Record:
    """The line as shown without unitdp=4: its unit price rounded, nothing else."""
    unit: Decimal | None = line.get("UnitAmount")
    if unit is None or int(unit.as_tuple().exponent) >= -2:
        return line
    return line.but(UnitAmount=cents(unit))


def _discount(line: Record) -> Decimal:
    if "DiscountRate" not in line and "DiscountAmount" not in line:
        return ZERO
    return cents(line["Quantity"] * line["UnitAmount"]) - line["LineAmount"]


def _read_line(books: Books, sent: dict[str, Any], terms: LineTerms, problems: list[str]) -> dict[str, Any]:
    numbers = _numbers(sent, problems)
    line: dict[str, Any] = {}
    if description := _description(sent, problems):
        line["Description"] = description
    if not numbers and not sent.get("AccountCode") and not sent.get("ItemCode"):
        # A line of words alone is legal; it carries no money.
        return line | {"TaxAmount": ZERO, "LineAmount": ZERO, "Tracking": ()}
    if terms.complete and not description:
        problems.append("Description must be specified")
    item = _item(books, sent, problems)
    _price(numbers, item, terms, line, problems)
    account = _account(books, sent, item, terms, problems)
    if account:
        line |= {"AccountCode": account["Code"], "AccountID": account["AccountID"]}
    if item:
        line |= {"ItemCode": item["Code"], "Item": _item_stub(item)}
    rate = _tax_rate(books, sent, account, item, terms, problems)
    if rate:
        line["TaxType"] = rate["TaxType"]
    line["TaxAmount"] = _tax(line["LineAmount"], rate, numbers.get("TaxAmount"), terms)
    line["Tracking"] = _tracking(books, sent, problems)
    return line


def _numbers(sent: dict[str, Any], problems: list[str]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for field in _NUMBERS:
        value = sent.get(field)
        if value is None or value == "":
            continue
        try:
            number = Decimal(str(value)) if not isinstance(value, Decimal) else value
        except InvalidOperation:
            number = Decimal("NaN")
        if isinstance(value, bool) or not number.is_finite() or abs(number) >= _LARGEST:
            problems.append(f"{field} is not a valid number")
        else:
            found[field] = number
    return found


def _description(sent: dict[str, Any], problems: list[str]) -> str:
    description = stripped(sent.get("Description"))
    if len(description) > 4000:
        problems.append("The description must be 4000 characters or less")
    return description


def _item(books: Books, sent: dict[str, Any], problems: list[str]) -> Record | None:
    code = stripped(sent.get("ItemCode"))
    if not code:
        return None
    item = books.items.get(code)
    if not item:
        problems.append(f"Item code '{code}' is not valid")
    return item


def _item_stub(item: Record) -> Record:
    return Record(ItemID=item["ItemID"], Name=item["Name"], Code=item["Code"])


def _price(
    numbers: dict[str, Decimal], item: Record | None, terms: LineTerms, line: dict[str, Any], problems: list[str]
) -> None:
    """Quantity, unit price, discount and amount of the line."""
    quantity = numbers.get("Quantity", Decimal(1)).quantize(_PLACES[4], ROUND_HALF_UP)
    unit = numbers.get("UnitAmount")
    if unit is None and "LineAmount" in numbers:
        unit = numbers["LineAmount"] / quantity if quantity else ZERO
    elif unit is None:
        unit = item["SalesDetails"]["UnitPrice"] if item else ZERO
    # Without unitdp=4 the unit price is cut to two decimals, in what is kept as well as in what is shown.
    unit = unit.quantize(_PLACES[terms.places], ROUND_HALF_UP)
    # A rate is kept at two decimals: https://community.xero.com/developer/discussion/144129369/
    rate = cents(numbers.get("DiscountRate", ZERO))
    off = cents(numbers.get("DiscountAmount", ZERO))
    if (rate or off) and not terms.sale:
        problems.append("Discounts are only available on sales invoices and quotes")
    if rate and off:
        problems.append("Only one of DiscountRate and DiscountAmount can be specified")
    if "DiscountAmount" in numbers and off > cents(quantity * unit):
        # Even of nothing, on a negative line: https://github.com/XeroAPI/Xero-OpenAPI/issues/429
        problems.append(f"The discount rate '{off}' is invalid. Discount must not be greater than the line total.")
    if not 0 <= rate <= _HUNDRED:
        problems.append(f"The discount rate '{rate}' is invalid.")
    amount = cents(quantity * unit * (_HUNDRED - rate) / _HUNDRED - off)
    line |= {"UnitAmount": unit, "LineAmount": amount, "Quantity": quantity}
    if rate:
        line["DiscountRate"] = rate
    if off:
        line["DiscountAmount"] = off
    given = numbers.get("LineAmount")
    if given is not None and given != amount:
        problems.append(f"The line total {cents(given)} does not match the expected line total {amount}")


def _account(
    books: Books, sent: dict[str, Any], item: Record | None, terms: LineTerms, problems: list[str]
) -> Record | None:
    code = stripped(sent.get("AccountCode"))
    if not code and item:
        code = item["SalesDetails"]["AccountCode"]
    if not code:
        if terms.complete:
            problems.append("Account code must be specified")
        return None
    account = books.accounts.get(code)
    if not account or account["Type"] == "BANK" or account.get("SystemAccount") in {"DEBTORS", "CREDITORS", "GST"}:
        problems.append(f"Account code '{code}' is not a valid code for this document.")
        return None
    if account["Status"] != "ACTIVE":
        problems.append(
            f"Account code '{code}' has been archived, or has been deleted. "
            "Each line item must reference a valid account."
        )
        return None
    return account


def _tax_rate(
    books: Books,
    sent: dict[str, Any],
    account: Record | None,
    item: Record | None,
    terms: LineTerms,
    problems: list[str],
) -> Record | None:
    code = stripped(sent.get("TaxType"))
    if not code and item and not sent.get("AccountCode"):
        code = item["SalesDetails"]["TaxType"]
    if not code and account:
        # An account without a tax type on the line brings its own.
        code = account["TaxType"]
    # Old codes are changed without a word: http://developer.xero.com/changes-to-tax-codes-in-australia/
    code = _MAPPED_IN_AUSTRALIA.get(code, code)
    if not code:
        if terms.complete and terms.amounts != "NoTax":
            problems.append("The TaxType must be specified")
        return None
    rate = books.tax_rates.get(code)
    if not rate or rate["Status"] != "ACTIVE":
        problems.append(f"The TaxType code '{code}' does not exist or cannot be used with this type of transaction.")
        return None
    if account and not rate[APPLIES_TO[account["Class"]]]:
        # https://developer.xero.com/documentation/api/accounting/taxrates
        problems.append(f"The TaxType code '{code}' cannot be used with account code '{account['Code']}'.")
        return None
    return rate


def _tax(amount: Decimal, rate: Record | None, given: Decimal | None, terms: LineTerms) -> Decimal:
    if terms.amounts == "NoTax" or rate is None:
        return ZERO
    if given is not None:
        # A caller may put its own tax on a line.
        return cents(given)
    percent: Decimal = rate["EffectiveRate"]
    if terms.amounts == "Inclusive":
        return cents(amount * percent / (_HUNDRED + percent))
    return cents(amount * percent / _HUNDRED)


def _tracking(books: Books, sent: dict[str, Any], problems: list[str]) -> tuple[Record, ...]:
    wanted: Sequence[Any] = sent.get("Tracking") or ()
    if len(wanted) > 2:
        problems.append("A line item can have at most 2 tracking categories")
    found: list[Record] = []
    for each in wanted:
        category = books.tracking.get(stripped(each.get("Name")))
        options = {option["Name"]: option for option in category["Options"]} if category else {}
        option = options.get(stripped(each.get("Option")))
        if not category or not option:
            problems.append(f"Tracking option '{each.get('Option')}' of '{each.get('Name')}' does not exist")
            continue
        found.append(
            Record(
                Name=category["Name"],
                Option=option["Name"],
                TrackingCategoryID=category["TrackingCategoryID"],
                TrackingOptionID=option["TrackingOptionID"],
            )
        )
    return tuple(found)
