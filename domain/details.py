"""A customer's details one by one: what counts as changed, what as the same, and what is written of them in Xero.

A value is compared by its form, in which a vendor's way of writing it makes no difference, and written as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import get_args

from domain.abn import clean_abn, show_abn
from domain.emails import addresses, email_key, email_keys, website_domain
from domain.matching import fitting
from domain.names import name_key, phone_key, xero_name
from domain.records import Address, Customer, Detail, DetailName, XeroContact
from domain.terms import plain_terms

# What Xero's API takes of a contact: it shows the website and doesn't take it.
# https://developer.xero.com/documentation/api/accounting/contacts
KEPT_BY_XERO: frozenset[DetailName] = frozenset(
    {
        *("name", "email", "phone", "tax number"),
        *("billing address", "street address", "payment terms", "invoices to"),
    }
)
DETAILS: tuple[DetailName, ...] = get_args(DetailName)

_STATES = {
    "new south wales": "nsw",
    "victoria": "vic",
    "queensland": "qld",
    "south australia": "sa",
    "western australia": "wa",
    "tasmania": "tas",
    "northern territory": "nt",
    "australian capital territory": "act",
}
_HERE = frozenset({"", "australia", "au", "aus"})


def of_customer(customer: Customer) -> dict[DetailName, Detail]:
    """The details of a company or person of the CRM."""
    return {
        "name": customer.name,
        "legal name": customer.legal_name,
        "email": customer.email,
        "phone": customer.phone,
        "tax number": customer.tax_number,
        "billing address": customer.address,
        "street address": customer.street,
        "website": customer.website,
        "payment terms": customer.terms,
        "invoices to": customer.invoices_to,
    }


def of_contact(contact: XeroContact) -> dict[DetailName, Detail]:
    """The details of a contact in Xero, which has no legal name beside its name."""
    return {
        "name": contact.name,
        "legal name": "",
        "email": contact.email,
        "phone": next(iter(contact.phones), ""),
        "tax number": contact.tax_number,
        "billing address": contact.address,
        "street address": contact.street,
        "website": contact.website,
        "payment terms": contact.terms,
        "invoices to": contact.invoices_to,
    }


def form(name: DetailName, value: Detail) -> str | None:
    """By what a value is known to be another one than before; empty for nothing.

    None for what must not be carried anywhere: an e-mail address that is none, terms that no invoice goes by, and a tax
    number that is no ABN, since it may be a tax file number.
    """
    if isinstance(value, Address):
        return _place(value)
    return _FORMS[name](value) if value.strip() else ""


def alike(name: DetailName, one: Detail, other: Detail) -> bool:
    """Whether two records that were never compared before say the same, as far as matching goes by it."""
    if isinstance(one, Address) or isinstance(other, Address):
        said, also = (set(_place(each).split()) if isinstance(each, Address) else set[str]() for each in (one, other))
        return bool(said and also) and (said <= also or also <= said)
    if name == "name":
        same = replace(name_key(one), abn="", acn="") == replace(name_key(other), abn="", acn="")
        return same and bool(name_key(one).key)
    if name == "email":
        return bool(set(email_keys(one)) & set(email_keys(other)))
    return form(name, one) == form(name, other)


def for_xero(name: DetailName, value: Detail) -> Detail:
    """The value as Xero takes it."""
    if isinstance(value, Address):
        return fitting(value)
    return _FOR_XERO[name](value)


def show(name: DetailName, value: Detail) -> str:
    """The value as people read it, in one line."""
    if isinstance(value, Address):
        parts = (*value.lines, value.city, value.region, value.postcode, value.country)
        return ", ".join(part.strip() for part in parts if part.strip())
    digits = clean_abn(value) if name == "tax number" else None
    return show_abn(digits) if digits else _spaced(value)


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _plain(text: str) -> str:
    return _spaced(text).casefold()


def _place(address: Address) -> str:
    """Its words in their order, without marks, and without the country we are in."""
    region, country = _words(address.region), _words(address.country)
    parts = (*map(_words, address.lines), _words(address.city), _STATES.get(region, region), _words(address.postcode))
    return " ".join(part for part in (*parts, "" if country in _HERE else country) if part)


def _words(text: str) -> str:
    return _spaced(re.sub(r"[\W_]+", " ", text.casefold()))


_FORMS: Mapping[DetailName, Callable[[str], str | None]] = {
    "name": xero_name,
    "legal name": xero_name,
    "email": lambda text: email_key(text) or None,
    "phone": lambda text: phone_key(text) or _plain(text),
    "tax number": clean_abn,
    "website": lambda text: website_domain(text) or _plain(text),
    "payment terms": plain_terms,
    "invoices to": lambda text: " ".join(sorted(email_keys(text))) or None,
}
_FOR_XERO: Mapping[DetailName, Callable[[str], str]] = {
    "name": xero_name,
    "email": lambda text: next(iter(addresses(text)), "")[:255],
    "phone": lambda text: _spaced(text)[:50],
    "tax number": lambda text: clean_abn(text) or "",
    "payment terms": lambda text: plain_terms(text) or "",
    "invoices to": lambda text: ", ".join(addresses(text)),
}
