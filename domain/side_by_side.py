"""Two records of the same thing held side by side: field by field, and whether they agree.

What counts as the same is what matching counts as the same; the texts are shown as each system has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from domain.abn import clean_abn, clean_acn, looks_like_tfn, show_abn, show_acn
from domain.emails import email_keys, website_domain
from domain.money import ZERO, show
from domain.names import name_key, phone_key
from domain.records import Address, Customer, Deal, Invoice, InvoicePlan, XeroContact
from domain.register import Standing

Agreement = Literal["same", "differs", "only here", "only there", "neither"]
HIDDEN = "(not shown: it may be a tax file number)"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of both records as text; ``private`` marks what says how to reach somebody."""

    name: str
    crm: str
    xero: str
    agreement: Agreement
    private: bool = False


def customer_fields(customer: Customer, contact: XeroContact) -> list[Field]:
    """A company or person of the CRM beside a contact of Xero."""
    abn = _abn(customer.tax_number, person=customer.ref.kind == "person")
    return [
        _field("Name", customer.name, contact.name, lambda text: name_key(text).key),
        *([_only_here("Legal name", customer.legal_name)] if customer.legal_name else []),
        _field("ABN", abn, _abn(contact.tax_number), _digits),
        _field("ACN", _acn(customer.company_number), _acn(contact.company_number), _digits),
        _field("E-mail", customer.email, contact.email, lambda text: ",".join(sorted(email_keys(text))), private=True),
        _field("Phone", customer.phone, next(iter(contact.phones), ""), phone_key, private=True),
        _field("Website", customer.website, contact.website, website_domain),
        _address_field(customer.address, contact.address),
        _only_there("Status in Xero", contact.status.capitalize()),
    ]


def registered(standing: Standing) -> Field:
    """What the business register says of the contact's ABN."""
    return _only_there("ABN in the register", standing.words)


def deal_fields(deal: Deal, invoice: Invoice, *, crm_customer: str, status: str) -> list[Field]:
    """A deal beside its invoice; ``status`` is the invoice's in words."""
    inclusive = invoice.amounts_are == "tax inclusive"
    figure = invoice.total if inclusive else invoice.subtotal
    return [
        _field("Customer", crm_customer, invoice.contact_name, lambda text: name_key(text).key),
        _money("Amount with GST" if inclusive else "Amount before GST", deal.amount, figure, deal, invoice.currency),
        _only_there("GST", show(invoice.total_tax, invoice.currency)),
        _only_there("Total", show(invoice.total, invoice.currency)),
        _field("Currency", deal.currency or invoice.currency, invoice.currency, str.upper),
        _field("Lines", str(len(deal.lines)), str(len(invoice.lines)), str),
        _field("Date", _day(deal.closed_on), _day(invoice.date), str),
        _only_there("Status", status),
    ]


def plan_fields(plan: InvoicePlan, invoice: Invoice) -> list[Field]:
    """What was planned beside what Xero made of it, line by line."""
    money = [
        ("Subtotal", plan.subtotal, invoice.subtotal),
        ("GST", plan.total_tax, invoice.total_tax),
        ("Total", plan.total, invoice.total),
    ]
    fields = [_field(name, show(a, plan.currency), show(b, invoice.currency), str) for name, a, b in money]
    for number in range(max(len(plan.lines), len(invoice.lines))):
        ours = plan.lines[number] if number < len(plan.lines) else None
        theirs = invoice.lines[number] if number < len(invoice.lines) else None
        for name in ("description", "quantity", "unit_amount", "account_code", "tax_type", "line_amount"):
            a, b = (_text(getattr(each, name, "")) for each in (ours, theirs))
            fields.append(_field(f"Line {number + 1} {name.replace('_', ' ')}", a, b, _plain))
    return fields


def _field(name: str, crm: str, xero: str, key: Callable[[str], str], *, private: bool = False) -> Field:
    one, other = crm.strip(), xero.strip()
    agreement: Agreement = "neither"
    if one and other:
        same = _plain(one) == _plain(other) or bool(key(one) and key(one) == key(other))
        agreement = "same" if same else "differs"
    elif one or other:
        agreement = "only here" if one else "only there"
    return Field(name, one, other, agreement, private)


def _address_field(crm: Address, xero: Address) -> Field:
    """An address that merely says less is no other address."""
    field = _field("Address", _address(crm), _address(xero), _plain, private=True)
    one, other = ({_plain(part) for part in text.split(", ")} for text in (field.crm, field.xero))
    if field.agreement == "differs" and (one <= other or other <= one):
        return replace(field, agreement="same")
    return field


def _only_here(name: str, crm: str) -> Field:
    return Field(name, crm, "", "only here")


def _only_there(name: str, xero: str) -> Field:
    return Field(name, "", xero, "only there")


def _money(name: str, said: Decimal | None, made: Decimal, deal: Deal, currency: str) -> Field:
    crm = "" if said is None else show(said, deal.currency or currency)
    return _field(name, crm, show(made, currency), str)


def _abn(text: str, *, person: bool = False) -> str:
    digits = clean_abn(text)
    if digits:
        return show_abn(digits)
    return HIDDEN if person and looks_like_tfn(text) else text


def _acn(text: str) -> str:
    digits = clean_acn(text)
    return show_acn(digits) if digits else text


def _address(address: Address) -> str:
    parts: Sequence[str] = (*address.lines, address.city, address.region, address.postcode, address.country)
    return ", ".join(part.strip() for part in parts if part.strip())


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _day(day: object) -> str:
    return "" if day is None else str(day)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else f"{ZERO}"
    return str(value)
