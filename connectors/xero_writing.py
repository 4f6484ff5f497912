"""Plans written as Xero's JSON: pure functions. What they return is frozen: kept and sent byte for byte.

https://developer.xero.com/documentation/api/accounting/invoices
https://developer.xero.com/documentation/api/accounting/contacts
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.xero_reading import AMOUNTS_ARE
from domain.emails import addresses, email_key, email_keys
from domain.money import cents
from domain.records import Address, ContactPlan, Detail, DetailName, Invoice, InvoiceLine, InvoicePlan, PlannedLine
from domain.terms import parse_due

_LINE_AMOUNT_TYPES = {ours: theirs for theirs, ours in AMOUNTS_ARE.items()}


def contact_element(plan: ContactPlan) -> bytes:
    """A new contact. The website is left out: the API shows it and doesn't take it."""
    address = _address_fields(plan.address)
    address = {name: text for name, text in address.items() if text}
    fields = {
        "ContactNumber": plan.number,
        "Name": plan.name,
        "EmailAddress": plan.email,
        "TaxNumber": plan.tax_number,
        "CompanyNumber": plan.company_number,
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": plan.phone}] if plan.phone else [],
        "Addresses": [{"AddressType": "POBOX", **address}] if address else [],
    }
    return _bytes({name: value for name, value in fields.items() if value})


def changed_element(row: Mapping[str, Any], details: Mapping[DetailName, Detail]) -> bytes:
    """Details of this contact, which was read just now, changed.

    Addresses and telephone numbers go back as a whole list: how Xero treats those left out isn't said. People left out
    of theirs would be gone. Anything else that is not sent stays as it is.
    https://developer.xero.com/documentation/api/accounting/contacts
    """
    fields: dict[str, Any] = {"ContactID": row["ContactID"]}
    addresses = {_KINDS[name]: _address_fields(value) for name, value in details.items() if isinstance(value, Address)}
    if addresses:
        fields["Addresses"] = _in_place(row, "Addresses", "AddressType", addresses)
    for name, value in details.items():
        if isinstance(value, Address):
            continue
        if name == "phone":
            number = {"PhoneNumber": value, "PhoneAreaCode": "", "PhoneCountryCode": ""}
            fields["Phones"] = _in_place(row, "Phones", "PhoneType", {"DEFAULT": number})
        elif name == "payment terms":
            fields["PaymentTerms"] = _terms(row, value)
        elif name == "invoices to":
            fields["ContactPersons"] = _people(row, value)
        else:
            fields[_DETAILS[name]] = value
    return _bytes(fields)


# https://developer.xero.com/documentation/api/accounting/types#payment-terms
TERMS = {
    "after invoice": "DAYSAFTERBILLDATE",
    "after month": "DAYSAFTERBILLMONTH",
    "current month": "OFCURRENTMONTH",
    "following month": "OFFOLLOWINGMONTH",
}


def _terms(row: Mapping[str, Any], phrase: str) -> dict[str, Any]:
    """The terms for what it owes us, beside those for what we owe it."""
    terms = parse_due(phrase)
    return {**(row.get("PaymentTerms") or {}), "Sales": {"Day": terms.days, "Type": TERMS[terms.kind]}}


def _people(row: Mapping[str, Any], wanted: str) -> list[dict[str, Any]]:
    """All its people, those of these addresses with invoices and the others without; who is new has no name yet."""
    listed = [each for each in row.get("ContactPersons") or () if isinstance(each, dict)]
    known = [{name: each[name] for name in _OF_A_PERSON if each.get(name) is not None} for each in listed]
    keys = set(email_keys(wanted))
    kept = [{**each, "IncludeInEmails": email_key(str(each.get("EmailAddress", ""))) in keys} for each in known]
    there = {email_key(str(each.get("EmailAddress", ""))) for each in known}
    new = [each for each in addresses(wanted) if email_key(each) not in there]
    return [*kept, *({"EmailAddress": each, "IncludeInEmails": True} for each in new)]


_OF_A_PERSON = ("FirstName", "LastName", "EmailAddress", "IncludeInEmails")
_KINDS = {"billing address": "POBOX", "street address": "STREET"}
_DETAILS = {"name": "Name", "email": "EmailAddress", "tax number": "TaxNumber"}
_OF_A_LIST = {
    "Addresses": (
        *("AddressType", "AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4"),
        *("City", "Region", "PostalCode", "Country", "AttentionTo"),
    ),
    "Phones": ("PhoneType", "PhoneNumber", "PhoneAreaCode", "PhoneCountryCode"),
}


def _in_place(
    row: Mapping[str, Any], name: str, kind_name: str, changes: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """A contact's list with some kinds of entries changed, and the others as they were read."""
    listed = row.get(name)
    rows: list[Any] = listed if isinstance(listed, list) else []
    kept = [{key: each[key] for key in _OF_A_LIST[name] if each.get(key)} for each in rows if isinstance(each, dict)]
    before = {each.get(kind_name): each for each in kept}
    others = [each for each in kept if each.get(kind_name) not in changes and len(each) > 1]
    return [*({**before.get(kind, {}), kind_name: kind, **fields} for kind, fields in changes.items()), *others]


def _address_fields(address: Address) -> dict[str, str]:
    """Every part, so that those of an earlier address don't stay behind."""
    lines = (*address.lines[:3], ", ".join(address.lines[3:]), "", "", "")
    return {
        **{f"AddressLine{i}": line for i, line in enumerate(lines[:4], start=1)},
        "City": address.city,
        "Region": address.region,
        "PostalCode": address.postcode,
        "Country": address.country,
    }


def draft_element(plan: InvoicePlan, contact_id: str, marker: str) -> bytes:
    """A new sales invoice, always a draft. ``marker`` becomes its Url.

    Other fields of the contact than its id would change the contact. Xero refuses an Url with "xero" in it.
    """
    if "xero" in marker.lower():
        raise ValueError("a marker must not contain the vendor's name")
    fields = {
        "Type": "ACCREC",
        "Status": "DRAFT",
        "Contact": {"ContactID": contact_id},
        "Date": plan.date.isoformat(),
        "DueDate": plan.due_date.isoformat(),
        "LineAmountTypes": _LINE_AMOUNT_TYPES[plan.amounts_are],
        "CurrencyCode": plan.currency,
        "Reference": plan.reference,
        "Url": marker,
        "BrandingThemeID": plan.branding_theme,
        "LineItems": [_draft_line(line) for line in plan.lines],
    }
    return _bytes({name: value for name, value in fields.items() if value})


def as_credit(element: bytes) -> bytes:
    """The same said of a credit note, which has no Url: its Reference bears the marker. Nor has it a due date.

    A discount is refused on a credit note: its lines come as quantity and price alone.
    https://developer.xero.com/documentation/api/accounting/creditnotes
    """
    fields: dict[str, Any] = json.loads(element)
    fields = {
        _ON_CREDITS.get(name, name): value for name, value in fields.items() if name not in ("DueDate", "Reference")
    }
    if "Type" in fields:
        fields["Type"] = "ACCRECCREDIT"
    for line in fields.get("LineItems", ()):
        for name in ("DiscountAmount", "DiscountRate"):
            line.pop(name, None)
    return _bytes(fields)


_ON_CREDITS = {"InvoiceID": "CreditNoteID", "Url": "Reference"}


def allocation_body(invoice_id: str, amount: Decimal, day: date) -> bytes:
    """So much of a credit note set against an invoice."""
    part = {"Invoice": {"InvoiceID": invoice_id}, "Amount": _exact(amount), "Date": day.isoformat()}
    return batch("Allocations", [_bytes(part)])


def _draft_line(line: PlannedLine) -> dict[str, Any]:
    """A line by quantity and unit price; Xero computes the rest, and refuses a LineAmount that differs by a cent.

    A discount goes as an amount of cents, also where the deal has a percentage: Xero keeps a rate to two decimals
    and was seen to take 10 % of 2,120.44 down to 1,908.39 by API and to 1,908.40 on its screen, while quantity x
    price - amount comes out at our own line amount whether or not the product is rounded first. Only a line with
    nothing left says 100 %: there a product of half a cent would leave one.
    https://community.xero.com/developer/discussion/144129369/
    """
    if not line.account_code:
        return {"Description": line.description}
    fields: dict[str, Any] = {
        "Description": line.description,
        "Quantity": _exact(line.quantity),
        "UnitAmount": _exact(line.unit_amount),
        "AccountCode": line.account_code,
        "TaxType": line.tax_type,
    }
    if line.item_code:
        fields["ItemCode"] = line.item_code
    if (line.discount_percent or line.discount_amount) and not line.line_amount:
        fields["DiscountRate"] = 100
    elif line.discount_percent or line.discount_amount:
        fields["DiscountAmount"] = _exact(cents(line.quantity * line.unit_amount) - line.line_amount)
    return fields | _tracking(line)


def _tracking(line: PlannedLine | InvoiceLine) -> dict[str, Any]:
    tracking = [{"Name": name, "Option": option} for name, option in line.tracking]
    return {"Tracking": tracking} if tracking else {}


def revise_element(plan: InvoicePlan, contact_id: str, marker: str, draft: Invoice) -> bytes:
    """Write a plan into a draft that exists, by its id.

    Its lines are those of the draft with other words and figures, by their LineItemIDs, as far as they reach: one
    without id is new, one left out is deleted. What a line has no more is said as nothing: what is left out stays. So
    lines of words alone are new, and those that take something off: there Xero refuses even a discount of nothing.
    https://github.com/XeroAPI/Xero-OpenAPI/issues/429
    """
    fields = json.loads(draft_element(plan, contact_id, marker)) | {"InvoiceID": draft.id, "Status": draft.status}
    fields["Reference"] = plan.reference
    nothing = {"ItemCode": "", "DiscountAmount": 0, "DiscountRate": 0, "Tracking": list[Any]()}
    ids = iter([line.id for line in draft.lines])
    for line, told in zip(plan.lines, fields["LineItems"], strict=True):
        if line.account_code and line.line_amount >= 0 and (id_ := next(ids, "")):
            told |= {"LineItemID": id_, **nothing, **told}
    return _bytes(fields)


def approve_element(draft: Invoice, status: str = "AUTHORISED") -> bytes:
    """Authorise this draft, or submit it for approval.

    All its lines go along with their ids: one without id would be new, one left out deleted.

    LineAmountTypes goes along too, because it means "exclusive" where it is missing.
    """
    if not draft.lines or not all(line.id for line in draft.lines):
        raise ValueError(f"invoice {draft.id} was read without its lines")
    if draft.date is None or draft.due_date is None:
        raise ValueError(f"invoice {draft.id} was read without its dates")
    return _bytes(
        {
            "InvoiceID": draft.id,
            "Status": status,
            "Date": draft.date.isoformat(),
            "DueDate": draft.due_date.isoformat(),
            "LineAmountTypes": _LINE_AMOUNT_TYPES.get(draft.amounts_are, draft.amounts_are),
            "LineItems": [_kept_line(line) for line in draft.lines],
        }
    )


def _kept_line(line: InvoiceLine) -> dict[str, Any]:
    if not line.account_code and not line.quantity:  # words alone
        return {"LineItemID": line.id, "Description": line.description}
    fields: dict[str, Any] = {
        "LineItemID": line.id,
        "Description": line.description,
        "Quantity": _exact(line.quantity),
        "UnitAmount": _exact(line.unit_amount),
        "AccountCode": line.account_code,
        "TaxType": line.tax_type,
        "ItemCode": line.item_code,
        "DiscountAmount": _exact(line.discount_amount),
        "DiscountRate": 0 if line.discount_amount else _exact(line.discount_percent),
    }
    kept = {name: value for name, value in fields.items() if value or name in {"Quantity", "UnitAmount"}}
    return kept | _tracking(line)


def end_element(invoice_id: str, status: str) -> bytes:
    """Delete a draft (DELETED), or void an approved invoice on which nothing was paid (VOIDED)."""
    return _bytes({"InvoiceID": invoice_id, "Status": status})


def batch(name: str, elements: Iterable[bytes]) -> bytes:
    """Frozen elements as one body, byte for byte."""
    return b'{"' + name.encode() + b'":[' + b",".join(elements) + b"]}"


def idempotency_key(tenant: str, body: bytes, epoch: int) -> str:
    """At most 128 characters; changes with the organisation, the body and the epoch.

    Xero keeps a key for six minutes, replays errors too, and was seen to keep keys per app, not per organisation.
    https://developer.xero.com/documentation/guides/idempotent-requests/idempotency
    """
    content = hashlib.sha256(body).hexdigest()
    return "w1." + hashlib.sha256(f"{tenant}|{content}|{epoch}".encode()).hexdigest()


def quoted(text: str) -> str:
    """A text literal for a ``where`` filter: a quote inside is doubled, a backslash means nothing."""
    return '"' + text.replace('"', '""') + '"'


def _exact(number: Decimal) -> int | float:
    """The number as JSON writes it; ValueError where that would not be the same number."""
    value = int(number) if number == number.to_integral_value() else float(number)
    if Decimal(repr(value)) != number:
        raise ValueError("a number with more digits than JSON keeps")
    return value


def _bytes(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
