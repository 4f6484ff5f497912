"""Details of customers that stand in fields which the account added for them: the mapping says in which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from domain.details import DETAILS, show
from domain.records import Address, Customer, Detail, DetailName

OwnFields: TypeAlias = Mapping[str, str]
"""What a field holds ("tax number", "on hold") → the field's name in the account."""

ABN: OwnFields = {"tax number": "abn"}
"""Where nothing else is said."""
_PLACES = {
    "tax number": "tax_number",
    "legal name": "legal_name",
    "payment terms": "terms",
    "invoices to": "invoices_to",
    "on hold": "on_hold",
}


def filled(customer: Customer, says: Mapping[str, str]) -> Customer:
    """The customer with what these fields say, of those that say something."""
    texts = {_PLACES[what]: text for what, text in says.items() if text and what in _PLACES}
    street = says.get("street address", "")
    return replace(customer, **texts, street=Address((street,)) if street else customer.street)


def details_in(own: OwnFields) -> dict[DetailName, str]:
    """The details among them, which the mapping may have carried over, and their fields."""
    return {name: own[name] for name in DETAILS if name in own}


def as_text(name: DetailName, value: Detail) -> str:
    """A detail in one line, as such a field takes it."""
    return show(name, value) if isinstance(value, Address) else value
