"""Salesforce's JSON read into records: pure functions. Money comes as JSON numbers, unset fields as null.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_opportunity.htm
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_opportunitylineitem.htm
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.own_fields import OwnFields, as_text, filled
from connectors.salesforce_access import long_id
from domain.money import ZERO, strict_decimal
from domain.records import Address, Customer, CustomerKind, CustomerRef, Deal, Detail, DetailName, LineItem

Row = Mapping[str, Any]

MODIFIED = "SystemModstamp"
# Deals without a record type; as a record type of its own it is called "Master" there.
MASTER = "012000000000000AAA"
ACCOUNT = "001"  # with what the ids of accounts begin

# What an invoice is made of: if one of these is hidden from us, nothing is read.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "Opportunity": (
        "Id",
        "Name",
        "StageName",
        "IsWon",
        "IsClosed",
        "Amount",
        "CloseDate",
        "AccountId",
        "OwnerId",
        MODIFIED,
    ),
    "OpportunityLineItem": ("Id", "Product2Id", "ProductCode", "Quantity", "UnitPrice", "Description", MODIFIED),
    "OpportunityContactRole": ("Id", "ContactId", "IsPrimary"),
    "Product2": ("Id", "Name"),
    "Account": ("Id", "Name", MODIFIED),
    "Contact": ("Id", "Name", "Email", MODIFIED),
}
_BILLING = ("BillingStreet", "BillingCity", "BillingState", "BillingPostalCode", "BillingCountry")
_MAILING = ("MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry")
_SHIPPING = ("ShippingStreet", "ShippingCity", "ShippingState", "ShippingPostalCode", "ShippingCountry")
_OTHER = ("OtherStreet", "OtherCity", "OtherState", "OtherPostalCode", "OtherCountry")
# Used where they are there: some hang on what the organisation has switched on, some may be hidden.
WELCOME: Mapping[str, tuple[str, ...]] = {
    "Opportunity": ("RecordTypeId", "CurrencyIsoCode"),
    "OpportunityLineItem": ("Discount", "SortOrder", "CurrencyIsoCode", "HasRevenueSchedule", "HasQuantitySchedule"),
    "Account": ("Phone", "Website", "MasterRecordId", "IsPersonAccount", "PersonEmail", *_BILLING, *_SHIPPING),
    "Contact": ("Phone", "MobilePhone", "MasterRecordId", *_MAILING, *_OTHER),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object as this user may see it; ``type`` is Salesforce's word."""

    name: str
    type: str
    updateable: bool


Fields = Mapping[str, Field]
"""Fields of one object by their names in small letters: Salesforce minds no capitals there."""


def fields_of(described: Row) -> Fields:
    """What a describe shows, which leaves out what the user may not see."""
    return {
        str(field["name"]).lower(): Field(
            str(field["name"]), str(field.get("type")), updateable=field.get("updateable") is True
        )
        for field in described.get("fields") or ()
        if isinstance(field, dict) and field.get("name")
    }


def hidden(described: Mapping[str, Fields]) -> list[str]:
    """The needed fields that are not to be seen, as ``Opportunity.Amount``; an object alone where all of it isn't."""
    found: list[str] = []
    for name, fields in described.items():
        if not fields:
            found.append(name)
        else:
            found += [f"{name}.{field}" for field in NEEDED[name] if field.lower() not in fields]
    return found


def record_types(described: Row) -> list[tuple[str, str]]:
    """The record types that the user may use, id and name; the unnamed one that every object has comes last."""
    named = [
        (long_id(str(info["recordTypeId"])), str(info.get("name")))
        for info in described.get("recordTypeInfos") or ()
        if isinstance(info, dict) and info.get("active") is not False and info.get("master") is not True
    ]
    return [*named, (MASTER, "Opportunities")]


def deal(row: Row, *, lines: Sequence[Row], roles: Sequence[Row], url: str, fields: Mapping[str, str]) -> Deal:
    """A deal; ``fields`` says under which name Salesforce keeps each further field wanted ("" for none)."""
    problems: list[str] = []
    items = tuple(_line(line, problems) for line in sorted(lines, key=_position))
    return Deal(
        id=text(row, "Id"),
        name=text(row, "Name"),
        pipeline=text(row, "RecordTypeId") or MASTER,
        stage=text(row, "StageName"),
        amount=_number(row, "Amount", "Its amount", problems) if row.get("Amount") is not None else None,
        currency=text(row, "CurrencyIsoCode"),
        closed_on=_day(row, "CloseDate", problems),
        won=row.get("IsWon") is True,
        lost=row.get("IsClosed") is True and row.get("IsWon") is not True,
        lines=items,
        customer=_customer(row, roles, problems),
        owner=text(row, "OwnerId"),
        url=url,
        # The text of a line can be edited without moving the deal's own stamp.
        version=max(text(each, MODIFIED) for each in (row, *lines)),
        fields={name: text(row, known) if known else "" for name, known in fields.items()},
        unreadable=" ".join(problems),
    )


def _customer(row: Row, roles: Sequence[Row], problems: list[str]) -> CustomerRef | None:
    """The deal's account, a person where it is one; else the primary contact, or the only one."""
    if account := text(row, "AccountId"):
        is_person = (row.get("Account") or {}).get("IsPersonAccount") is True
        return CustomerRef("person" if is_person else "company", account)
    primary = {text(role, "ContactId") for role in roles if role.get("IsPrimary") is True}
    chosen = primary or {text(role, "ContactId") for role in roles}
    if len(chosen) > 1:
        problems.append("Several people and no account are attached to it: nothing says who is billed.")
    return CustomerRef("person", chosen.pop()) if len(chosen) == 1 else None


def _line(row: Row, problems: list[str]) -> LineItem:
    id_, name = text(row, "Id"), text(row.get("Product2") or {}, "Name")
    called = f'Its line "{name or id_}"'
    return LineItem(
        id=id_,
        name=name,
        quantity=_number(row, "Quantity", f"{called}: the quantity", problems),
        # Before the discount: https://developer.salesforce.com/docs/atlas.en-us.220.0.api.meta/api/sforce_api_objects_opportunitylineitem.htm
        unit_price=_number(row, "UnitPrice", f"{called}: the sales price", problems),
        description=text(row, "Description"),
        product_code=text(row, "ProductCode"),
        discount_percent=_number(row, "Discount", f"{called}: the discount", problems)
        if row.get("Discount") is not None
        else ZERO,
        billing_frequency=_schedule(row),
        currency=text(row, "CurrencyIsoCode"),
    )


def _schedule(row: Row) -> str:
    """A line that is paid or delivered by a schedule is not settled by one invoice.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_opportunitylineitemschedule.htm
    """
    scheduled = any(row.get(name) is True for name in ("HasRevenueSchedule", "HasQuantitySchedule"))
    return "by its schedule" if scheduled else ""


def account(row: Row, *, url: str, own: OwnFields) -> Customer:
    """An account, which may be a person's; ``own`` names the organisation's own fields for details."""
    is_person = row.get("IsPersonAccount") is True
    found = Customer(
        ref=CustomerRef("person" if is_person else "company", text(row, "Id")),
        name=text(row, "Name"),
        email=text(row, "PersonEmail"),
        phone=text(row, "Phone"),
        website=text(row, "Website"),
        address=_address(row, _BILLING),
        street=_address(row, _SHIPPING),
        url=url,
        version=text(row, MODIFIED),
    )
    return filled(found, {what: text(row, name) for what, name in own.items()})


def contact(row: Row, *, url: str, own: OwnFields) -> Customer:
    """A person who is billed without an account."""
    found = Customer(
        ref=CustomerRef("person", text(row, "Id")),
        name=text(row, "Name") or text(row, "Email"),
        email=text(row, "Email"),
        phone=text(row, "Phone") or text(row, "MobilePhone"),
        address=_address(row, _MAILING),
        street=_address(row, _OTHER),
        url=url,
        version=text(row, MODIFIED),
    )
    return filled(found, {what: text(row, name) for what, name in own.items()})


# What we may write of them, and in which fields. A person's name is two, and where to cut ours nothing says.
PLACES: Mapping[CustomerKind, Mapping[DetailName, tuple[str, ...]]] = {
    "company": {
        "name": ("Name",),
        "phone": ("Phone",),
        "website": ("Website",),
        "billing address": _BILLING,
        "street address": _SHIPPING,
    },
    "person": {"email": ("Email",), "phone": ("Phone",), "billing address": _MAILING, "street address": _OTHER},
}


_ADDRESSES = {
    ("Account", "billing address"): _BILLING,
    ("Account", "street address"): _SHIPPING,
    ("Contact", "billing address"): _MAILING,
    ("Contact", "street address"): _OTHER,
}


def values_of(details: Mapping[DetailName, Detail], kind: str, ref: CustomerRef, own: OwnFields) -> dict[str, str]:
    """Details as fields of an account or a contact; empty text clears one."""
    found: dict[str, str] = {}
    for name, value in details.items():
        if name in own:
            found[own[name]] = as_text(name, value)
        elif isinstance(value, Address):
            parts = ("\n".join(value.lines), value.city, value.region, value.postcode, value.country)
            found |= dict(zip(_ADDRESSES[kind, name], parts, strict=True))
        elif name == "email":
            found["PersonEmail" if kind == "Account" else "Email"] = value
        else:
            found[PLACES[ref.kind][name][0]] = value
    return found


def typed(given: str, field: Field) -> str | int | float | bool | None:
    """A value as JSON wants it: numbers exact, text as it is, null to clear; ValueError says what can't be."""
    if given == "":
        return None
    if field.type in {"currency", "double", "percent", "int"}:
        return _exact(given, field.name)
    return given.lower() == "true" if field.type == "boolean" else given


def _exact(given: str, name: str) -> int | float:
    try:
        number = strict_decimal(given)
    except ValueError:
        raise ValueError(f"The field {name} takes a number, and this is none.") from None
    value = int(number) if number == number.to_integral_value() else float(number)
    if Decimal(repr(value)) != number:
        raise ValueError(f"The field {name} can't keep that many digits.")
    return value


def sentences(body: Row) -> tuple[str, ...]:
    """What a refusal says, whichever of Salesforce's shapes it has.

    https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
    """
    found = (str(error.get("message") or error.get("errorCode") or "") for error in errors(body))
    # A refused query is shown with a pointer below; the last line says what is wrong.
    return tuple(dict.fromkeys(sentence.strip().splitlines()[-1] for sentence in found if sentence.strip()))


def errors(body: Row) -> list[Row]:
    """The errors of an answer: a list, one object, or the rows of a batch."""
    listed = body.get("list", [body])
    found = [error for error in listed if isinstance(error, dict)] if isinstance(listed, list) else []
    return [inner for error in found for inner in (error.get("errors") or [error]) if isinstance(inner, dict)]


def codes(body: Row) -> Collection[str]:
    return {str(error.get("errorCode") or error.get("statusCode") or "") for error in errors(body)}


def instant(row: Row) -> datetime | None:
    """When a record last changed, to the second; None where it doesn't say."""
    try:
        return datetime.fromisoformat(text(row, MODIFIED)).astimezone(UTC)
    except ValueError:
        return None


def text(row: Row, name: str) -> str:
    value = row.get(name) if name else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _number(row: Row, name: str, called: str, problems: list[str]) -> Decimal:
    value = row.get(name)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    problems.append(f"{called} is {'missing' if value is None else 'not a number'}.")
    return ZERO


def _day(row: Row, name: str, problems: list[str]) -> date | None:
    """A calendar day, which has no time zone."""
    given = text(row, name)
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        problems.append("Its close date is not a date.")
        return None


def _address(row: Row, names: Sequence[str]) -> Address:
    street, city, region, postcode, country = (text(row, name) for name in names)
    lines = tuple(line.strip() for line in street.splitlines() if line.strip())
    return Address(lines=lines, city=city, region=region, postcode=postcode, country=country)


def _position(row: Row) -> tuple[int, str]:
    place = row.get("SortOrder")
    return (place if isinstance(place, int) else 1_000_000, text(row, "Id"))
