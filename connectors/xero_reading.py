"""Xero's JSON read into records: pure functions.

A record in which something we rely on is missing or makes no sense raises ``Unreadable``; a word we don't know
(a new status, say) stays as Xero sent it.
https://developer.xero.com/documentation/api/accounting/invoices
https://developer.xero.com/documentation/api/accounting/contacts
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.xero_zones import ZONES
from domain.money import ZERO, strict_decimal
from domain.records import (
    Account,
    Address,
    CreditKind,
    CreditNote,
    Invoice,
    InvoiceLine,
    OpenCredit,
    Organisation,
    Payment,
    TaxRate,
    XeroContact,
)

Row = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")

AMOUNTS_ARE = {"Exclusive": "tax exclusive", "Inclusive": "tax inclusive", "NoTax": "no tax"}

NO_REASON = ("Xero refused it without saying why.",)


class Unreadable(ValueError):
    """A record in which something we rely on is missing or makes no sense; says which field."""


def organisation(row: Row) -> Organisation:
    """Raises ``Unreadable`` for a time zone we don't know: dates would be wrong by a day."""
    zone = _text(row, "Timezone")
    if zone not in ZONES:
        raise Unreadable(f"Timezone {zone[:60]!r}")
    locked = [day for name in ("PeriodLockDate", "EndOfYearLockDate") if (day := _day(row, name))]
    return Organisation(
        id=_id(row, "OrganisationID"),
        name=_text(row, "Name"),
        country=_text(row, "CountryCode"),
        currency=_text(row, "BaseCurrency"),
        timezone=ZONES[zone],
        tax_number=_text(row, "TaxNumber"),
        pays_tax=row.get("PaysTax") is not False,
        locked_until=max(locked, default=None),
        short_code=_text(row, "ShortCode"),
        tax_basis=_text(row, "SalesTaxBasis"),
    )


def account(row: Row) -> Account:
    return Account(
        code=_text(row, "Code"),
        name=_text(row, "Name"),
        type=_text(row, "Type"),
        account_class=_text(row, "Class"),
        status=_text(row, "Status"),
        tax_type=_text(row, "TaxType"),
        system=bool(row.get("SystemAccount")),
    )


def tax_rate(row: Row) -> TaxRate:
    return TaxRate(
        name=_text(row, "Name"),
        tax_type=_text(row, "TaxType"),
        rate=_number(row, "EffectiveRate"),
        status=_text(row, "Status"),
        for_revenue=row.get("CanApplyToRevenue") is True,
    )


def category(row: Row) -> tuple[str, tuple[str, ...]]:
    """A tracking category that is in use, with its options that are."""
    options = (_text(each, "Name") for each in _rows(row, "Options") if _text(each, "Status") != "ARCHIVED")
    return _text(row, "Name") if _text(row, "Status") != "ARCHIVED" else "", tuple(options)


def theme(row: Row) -> tuple[str, str]:
    """A branding theme's id and name."""
    return _required(row, "BrandingThemeID"), _text(row, "Name")


def action(row: Row) -> str:
    """What the plan does not let us do, by its name; "" for what it lets."""
    return _text(row, "Name") if _text(row, "Status") == "NOT-ALLOWED" else ""


def code(row: Row) -> str:
    """The code of a currency or an item."""
    return _required(row, "Code")


def contact(row: Row) -> XeroContact:
    return XeroContact(
        id=_id(row, "ContactID"),
        name=_text(row, "Name"),
        status=_text(row, "ContactStatus") or "ACTIVE",
        number=_text(row, "ContactNumber"),
        account_number=_text(row, "AccountNumber"),
        email=_text(row, "EmailAddress"),
        tax_number=_text(row, "TaxNumber"),
        company_number=_text(row, "CompanyNumber"),
        phones=_phones(_rows(row, "Phones")),
        website=_text(row, "Website"),
        # The one of the kind POBOX is printed on invoices.
        address=_address(_rows(row, "Addresses"), "POBOX"),
        street=_address(_rows(row, "Addresses"), "STREET"),
        invoices_to=", ".join(filter(None, (_text(each, "EmailAddress") for each in _told(row)))),
        merged_to=_text(row, "MergedToContactID"),
        updated_at=_instant(row, "UpdatedDateUTC"),
        only_supplies=row.get("IsSupplier") is True and row.get("IsCustomer") is not True,
        terms=_terms(row),
        first_name=_text(row, "FirstName"),
        last_name=_text(row, "LastName"),
    )


# https://developer.xero.com/documentation/api/accounting/types#payment-terms
_TERMS = {
    "DAYSAFTERBILLDATE": "{} days after the invoice date",
    "DAYSAFTERBILLMONTH": "{} days after the end of the invoice month",
    "OFCURRENTMONTH": "{} of the current month",
    "OFFOLLOWINGMONTH": "{} of the following month",
}


def _terms(row: Row) -> str:
    """The contact's terms for sales; terms of a kind we don't know count as none."""
    sales = (row.get("PaymentTerms") or {}).get("Sales") or {}
    day = _text(sales, "Day")
    return _TERMS.get(_text(sales, "Type"), "").format(day) if day.isdigit() else ""


def _phones(rows: Sequence[Row]) -> tuple[str, ...]:
    """A fax answers nobody."""
    by_kind = {_text(row, "PhoneType"): _phone(row) for row in rows}
    return tuple(number for kind in ("DEFAULT", "MOBILE", "DDI", "OFFICE") if (number := by_kind.get(kind, "")))


def _phone(row: Row) -> str:
    if not _text(row, "PhoneNumber"):
        return ""
    parts = (_text(row, name) for name in ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber"))
    return " ".join(part for part in parts if part)


def _address(rows: Iterable[Row], kind: str) -> Address:
    row = next((row for row in rows if _text(row, "AddressType") == kind), {})
    lines = tuple(text for i in range(1, 5) if (text := _text(row, f"AddressLine{i}")))
    return Address(lines, _text(row, "City"), _text(row, "Region"), _text(row, "PostalCode"), _text(row, "Country"))


def _told(row: Row) -> Iterator[Row]:
    """The contact's people who get invoices by e-mail."""
    return (each for each in _rows(row, "ContactPersons") if each.get("IncludeInEmails") is True)


def invoice(row: Row) -> Invoice:
    party = row.get("Contact") or {}
    return Invoice(
        id=_id(row, "InvoiceID"),
        number=_text(row, "InvoiceNumber"),
        status=_required(row, "Status"),
        contact_id=_text(party, "ContactID"),
        date=_day(row, "Date"),
        due_date=_day(row, "DueDate"),
        currency=_text(row, "CurrencyCode"),
        amounts_are=AMOUNTS_ARE.get(_text(row, "LineAmountTypes"), _text(row, "LineAmountTypes")),
        subtotal=_money(row, "SubTotal"),
        total_tax=_money(row, "TotalTax"),
        total=_money(row, "Total"),
        due=_money(row, "AmountDue"),
        paid=_number(row, "AmountPaid"),
        credited=_number(row, "AmountCredited"),
        lines=tuple(_line(line) for line in _rows(row, "LineItems")),
        reference=_text(row, "Reference"),
        marker=marker(row),
        paid_on=_day(row, "FullyPaidOnDate"),
        updated_at=_instant(row, "UpdatedDateUTC"),
        contact_name=_text(party, "Name"),
        currency_rate=_rate(row),
        branding_theme=_text(row, "BrandingThemeID"),
        was_sent=row.get("SentToContact") is True,
    )


def credit_note(row: Row) -> CreditNote:
    return CreditNote(
        id=_id(row, "CreditNoteID"),
        number=_text(row, "CreditNoteNumber"),
        status=_required(row, "Status"),
        contact_id=_text(row.get("Contact") or {}, "ContactID"),
        date=_day(row, "Date"),
        currency=_text(row, "CurrencyCode"),
        amounts_are=AMOUNTS_ARE.get(_text(row, "LineAmountTypes"), _text(row, "LineAmountTypes")),
        subtotal=_money(row, "SubTotal"),
        total_tax=_money(row, "TotalTax"),
        total=_money(row, "Total"),
        lines=tuple(_line(line) for line in _rows(row, "LineItems")),
        currency_rate=_rate(row),
    )


def credit(row: Row) -> Invoice:
    """A credit note of ours as the paper that it is: ``due`` is what is left of it, ``credited`` what was set against
    invoices, ``paid`` what was paid back.
    """
    note = credit_note(row)
    return Invoice(
        id=note.id,
        number=note.number,
        status=note.status,
        contact_id=note.contact_id,
        date=note.date,
        due_date=note.date,
        currency=note.currency,
        amounts_are=note.amounts_are,
        subtotal=note.subtotal,
        total_tax=note.total_tax,
        total=note.total,
        due=_number(row, "RemainingCredit"),
        paid=sum((_number(each, "Amount") for each in _rows(row, "Payments")), ZERO),
        credited=sum((_number(each, "Amount") for each in _rows(row, "Allocations")), ZERO),
        lines=note.lines,
        marker=_text(row, "Reference"),
        updated_at=_instant(row, "UpdatedDateUTC"),
        branding_theme=_text(row, "BrandingThemeID"),
    )


def template(row: Row) -> Invoice:
    """A template as an invoice of the kind that Xero makes of it; ``date`` is when it makes the first."""
    reference = _text(row, "Reference")
    return Invoice(
        id=_id(row, "RepeatingInvoiceID"),
        number="",
        status=_required(row, "Status"),
        contact_id=_text(row.get("Contact") or {}, "ContactID"),
        date=_day(row.get("Schedule") or {}, "StartDate"),
        due_date=None,
        currency=_text(row, "CurrencyCode"),
        amounts_are=AMOUNTS_ARE.get(_text(row, "LineAmountTypes"), _text(row, "LineAmountTypes")),
        subtotal=_money(row, "SubTotal"),
        total_tax=_money(row, "TotalTax"),
        total=_money(row, "Total"),
        due=ZERO,
        paid=ZERO,
        credited=ZERO,
        lines=tuple(_line(line) for line in _rows(row, "LineItems")),
        reference=reference,
        marker=reference,
        branding_theme=_text(row, "BrandingThemeID"),
    )


def open_credit(row: Row, kind: CreditKind, id_name: str) -> OpenCredit | None:
    """A credit of a customer; None for one of a supplier's, whose types begin otherwise."""
    if not _text(row, "Type").startswith(("ACCREC", "RECEIVE", "AR")):
        return None
    return OpenCredit(
        id=_id(row, id_name),
        kind=kind,
        contact_id=_text(row.get("Contact") or {}, "ContactID"),
        date=_day(row, "Date"),
        currency=_text(row, "CurrencyCode"),
        left=_number(row, "RemainingCredit"),
        against=tuple(dict.fromkeys(invoice for invoice, _ in allocated(row) if invoice)),
    )


def allocated(row: Row) -> tuple[tuple[str, Decimal], ...]:
    """What of a credit note was set against which invoice."""
    parts = _rows(row, "Allocations")
    return tuple((_text(each.get("Invoice") or {}, "InvoiceID"), _number(each, "Amount")) for each in parts)


def marker(row: Row) -> str:
    """An invoice's link: where ours bear their marker."""
    return _text(row, "Url")


def _line(row: Row) -> InvoiceLine:
    return InvoiceLine(
        description=_text(row, "Description"),
        quantity=_number(row, "Quantity"),
        unit_amount=_number(row, "UnitAmount"),
        account_code=_text(row, "AccountCode"),
        tax_type=_text(row, "TaxType"),
        line_amount=_number(row, "LineAmount"),
        tax_amount=_number(row, "TaxAmount"),
        discount_percent=_number(row, "DiscountRate"),
        discount_amount=_number(row, "DiscountAmount"),
        item_code=_text(row, "ItemCode"),
        id=_text(row, "LineItemID"),
        tracking=tuple((_text(each, "Name"), _text(each, "Option")) for each in _rows(row, "Tracking")),
    )


# What pays a credit back, and where it names it: https://developer.xero.com/documentation/api/accounting/types
_PAID_BACK = {
    "ARCREDITPAYMENT": "CreditNote",
    "AROVERPAYMENTPAYMENT": "Overpayment",
    "ARPREPAYMENTPAYMENT": "Prepayment",
}


def payment(row: Row) -> Payment | None:
    """A payment on a sales invoice, or one that pays a credit of a customer back; None for one on a bill."""
    bill, paid_back = row.get("Invoice") or {}, _PAID_BACK.get(_text(row, "PaymentType"), "")
    refund = _text(row.get(paid_back) or {}, f"{paid_back}ID") if paid_back else ""
    if not refund and (not _text(bill, "InvoiceID") or _text(row, "PaymentType").startswith(("ACCPAY", "AP"))):
        return None
    return Payment(
        id=_id(row, "PaymentID"),
        invoice_id="" if refund else _text(bill, "InvoiceID"),
        amount=_money(row, "Amount"),
        date=_day(row, "Date"),
        status=_required(row, "Status"),
        updated_at=_instant(row, "UpdatedDateUTC"),
        currency_rate=_rate(row),
        credit_id=refund,
    )


def updated(row: Row) -> datetime | None:
    """When Xero last changed the record, None where it doesn't say so readably."""
    try:
        return _instant(row, "UpdatedDateUTC")
    except Unreadable:
        return None


def said_at(body: Row) -> datetime | None:
    """Xero's own time in an answer, None where it doesn't say so readably."""
    try:
        return _instant(body, "DateTimeUTC")
    except Unreadable:
        return None


def complaints(row: Row) -> tuple[str, ...]:
    """What Xero has against one element of a batch; empty if it was taken."""
    said = tuple(text for error in _rows(row, "ValidationErrors") if (text := _text(error, "Message")))
    refused = row.get("StatusAttributeString") == "ERROR" or row.get("HasErrors") or row.get("HasValidationErrors")
    return said or (NO_REASON if refused else ())


def words(body: Row) -> tuple[str, ...]:
    """What a refusal says, from whichever of its shapes."""
    found = [text for element in _rows(body, "Elements") for text in complaints(element)]
    found = found or [text for name in ("Message", "Detail", "Title") if (text := _text(body, name))][:1]
    return tuple(dict.fromkeys(found))


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _required(row: Row, name: str) -> str:
    text = _text(row, name)
    if not text:
        raise Unreadable(name)
    return text


def _id(row: Row, name: str) -> str:
    text = _required(row, name)
    # A refused new element carries the zero id.
    if not text.strip("0-"):
        raise Unreadable(name)
    return text


def _rows(row: Row, name: str) -> list[Row]:
    value = row.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _money(row: Row, name: str) -> Decimal:
    if row.get(name) is None:
        raise Unreadable(name)
    return _number(row, name)


def _number(row: Row, name: str) -> Decimal:
    """Zero where absent. Amounts inside payments were seen as text ("50.00")."""
    value = row.get(name)
    if value is None:
        return ZERO
    try:
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return Decimal(value)
        return strict_decimal(str(value))
    except ValueError:
        raise Unreadable(name) from None


def _rate(row: Row) -> Decimal:
    """One where none is told: the organisation's own currency."""
    return _number(row, "CurrencyRate") or Decimal(1)


def _instant(row: Row, name: str) -> datetime | None:
    text = _text(row, name)
    if not text:
        return None
    try:
        if found := _MS_DATE.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Unreadable(name) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(row: Row, name: str) -> date | None:
    """A calendar day. It arrives as midnight UTC and must not be shifted to local time."""
    moment = _instant(row, f"{name}String" if row.get(f"{name}String") else name)
    return moment.date() if moment else None
