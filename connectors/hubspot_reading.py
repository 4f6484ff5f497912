"""HubSpot's JSON read into records: pure functions. Every property is text there, unset ones are null.

https://developers.hubspot.com/docs/api-reference/latest/crm/objects/deals/object-definition
https://developers.hubspot.com/docs/api-reference/latest/crm/objects/line-items/guide
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.own_fields import OwnFields, as_text, filled
from domain.money import ZERO, strict_decimal
from domain.records import Address, Customer, CustomerKind, CustomerRef, Deal, Detail, DetailName, LineItem

Row = Mapping[str, Any]

MODIFIED = "hs_lastmodifieddate"
MERGED = "hs_merged_object_ids"
DEAL = (
    "dealname",
    "pipeline",
    "dealstage",
    "amount",
    "deal_currency_code",
    "closedate",
    "hubspot_owner_id",
    "hs_is_closed_won",
    "hs_is_closed_lost",
    MERGED,
    MODIFIED,
)
LINE = (
    "name",
    "description",
    "hs_sku",
    "quantity",
    "price",
    "discount",
    "hs_discount_percentage",
    "hs_tax_rate_group_id",
    "hs_line_item_currency_code",
    "recurringbillingfrequency",
    "hs_recurring_billing_period",
    "hs_recurring_billing_start_date",
    "hs_recurring_billing_number_of_payments",
    "hs_position_on_quote",
    MODIFIED,
)
_ADDRESS = ("address", "address2", "city", "state", "zip", "country")
_PLACE = ("phone", "website", *_ADDRESS)
COMPANY = ("name", "domain", "email", MERGED, MODIFIED, *_PLACE)
PERSON = ("firstname", "lastname", "email", "mobilephone", MERGED, "lastmodifieddate", *_PLACE)

# What we may write of them. A person's name is two properties, and where to cut ours nothing says.
PLACES: Mapping[CustomerKind, frozenset[DetailName]] = {
    "company": frozenset({"name", "phone", "billing address", "website"}),
    "person": frozenset({"email", "phone", "billing address", "website"}),
}
_PROPERTIES = {"name": "name", "email": "email", "phone": "phone", "website": "website"}

# 5 is deal → primary company, which comes beside the plain 341; 6 is the same seen from the company.
# https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
_PRIMARY = frozenset({5, 6})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Links:
    """What a deal is linked to: all ids, and those marked as primary."""

    ids: tuple[str, ...] = ()
    primary: tuple[str, ...] = ()

    @classmethod
    def of(cls, targets: Sequence[Row]) -> Links:
        ids = tuple(str(target.get("toObjectId")) for target in targets)
        marked = tuple(str(target.get("toObjectId")) for target in targets if _is_primary(target))
        return cls(ids, marked)

    def __add__(self, more: Links) -> Links:
        return Links(self.ids + more.ids, self.primary + more.primary)

    def chosen(self) -> str:
        """The only one, or the primary one; empty where nothing tells."""
        if len(self.primary) == 1:
            return self.primary[0]
        return self.ids[0] if len(self.ids) == 1 else ""


def deal(
    row: Row,
    *,
    lines: Sequence[Row | None],
    companies: Links,
    persons: Links,
    url: str,
    zone: ZoneInfo,
    fields: Sequence[str],
) -> Deal:
    """A deal; ``None`` among the lines is one that could not be read. What can't be understood is said in the deal."""
    own = properties(row)
    problems: list[str] = []
    if None in lines:
        problems.append("One of its line items could not be read.")
    read = sorted((line for line in lines if line), key=lambda line: (_position(line), str(line.get("id"))))
    items = tuple(_line(line, problems) for line in read)
    customer, others = _customer(companies, persons, problems)
    return Deal(
        id=str(row.get("id")),
        name=text(own, "dealname"),
        pipeline=text(own, "pipeline"),
        stage=text(own, "dealstage"),
        amount=_number(own, "amount", "Its amount", problems) if own.get("amount") else None,
        currency=text(own, "deal_currency_code"),
        closed_on=_day(own, "closedate", zone, problems),
        won=text(own, "hs_is_closed_won") == "true",
        lost=text(own, "hs_is_closed_lost") == "true",
        lines=items,
        customer=customer,
        other_companies=others,
        owner=text(own, "hubspot_owner_id"),
        url=url,
        # An edited line need not move the deal's own date.
        version=max(text(properties(each), MODIFIED) for each in (row, *read)),
        archived=row.get("archived") is True,
        merged_ids=_merged(own),
        fields={name: text(own, name) for name in fields},
        unreadable=" ".join(problems),
    )


def _customer(companies: Links, persons: Links, problems: list[str]) -> tuple[CustomerRef | None, tuple[str, ...]]:
    if chosen := companies.chosen():
        return CustomerRef("company", chosen), ()
    if companies.ids:
        return None, companies.ids
    if chosen := persons.chosen():
        return CustomerRef("person", chosen), ()
    if persons.ids:
        problems.append("Several people and no company are attached to it: nothing says who is billed.")
    return None, ()


def _line(row: Row, problems: list[str]) -> LineItem:
    own = properties(row)
    id_, name = str(row.get("id")), text(own, "name")
    called = f'Its line "{name or id_}"'
    quantity = _number(own, "quantity", f"{called}: the quantity", problems)
    percent = _number(own, "hs_discount_percentage", f"{called}: the discount", problems, optional=True)
    each = _number(own, "discount", f"{called}: the discount", problems, optional=True)
    if percent and each:
        problems.append(f"{called} has a discount in per cent and one as an amount.")
    return LineItem(
        id=id_,
        name=name,
        quantity=quantity,
        unit_price=_number(own, "price", f"{called}: the price", problems),
        description=text(own, "description"),
        product_code=text(own, "hs_sku"),
        discount_percent=percent,
        # HubSpot's amount is for one unit.
        discount_amount=each * quantity,
        # The id of the rate: its name takes another call, and no rule goes by it.
        tax_name=text(own, "hs_tax_rate_group_id"),
        billing_frequency=text(own, "recurringbillingfrequency"),
        billing_starts=_starts(own),
        billing_times=_times(own),
        currency=text(own, "hs_line_item_currency_code"),
    )


_TERM = re.compile(r"P(?:(?P<years>\d{1,2})Y)?(?:(?P<months>\d{1,3})M)?")
_MONTHS = {"monthly": 1, "quarterly": 3, "per_six_months": 6, "annually": 12}


def _times(own: Row) -> int:
    """How many payments a line has: as told, or as its term has periods; 0 where neither tells."""
    told = text(own, "hs_recurring_billing_number_of_payments")
    if told.isdigit():
        return int(told)
    term = _TERM.fullmatch(text(own, "hs_recurring_billing_period"))
    each = _MONTHS.get(text(own, "recurringbillingfrequency"))
    months = 12 * int(term["years"] or 0) + int(term["months"] or 0) if term else 0
    return months // each if each and months % each == 0 else 0


def _starts(own: Row) -> date | None:
    try:
        return date.fromisoformat(text(own, "hs_recurring_billing_start_date")[:10])
    except ValueError:
        return None


def called(owner: Row) -> str:
    """The name of a user of the account, or else the e-mail address."""
    names = (text(owner, name) for name in ("firstName", "lastName"))
    return " ".join(name for name in names if name) or text(owner, "email")


def company(row: Row, *, url: str, own: OwnFields) -> Customer:
    """A company; ``own`` names the account's own properties for details."""
    says = {what: text(properties(row), name) for what, name in own.items()}
    return filled(_company(row, url), says)


def _company(row: Row, url: str) -> Customer:
    own = properties(row)
    return Customer(
        ref=CustomerRef("company", str(row.get("id"))),
        name=text(own, "name"),
        email=text(own, "email"),
        phone=text(own, "phone"),
        website=text(own, "website") or text(own, "domain"),
        address=_address(own),
        url=url,
        version=text(own, MODIFIED),
        archived=row.get("archived") is True,
        merged_ids=_merged(own),
    )


def person(row: Row, *, url: str, own: OwnFields) -> Customer:
    """A person who is billed without a company."""
    says = {what: text(properties(row), name) for what, name in own.items()}
    return filled(_person(row, url), says)


def _person(row: Row, url: str) -> Customer:
    own = properties(row)
    name = f"{text(own, 'firstname')} {text(own, 'lastname')}".strip()
    return Customer(
        ref=CustomerRef("person", str(row.get("id"))),
        name=name or text(own, "email"),
        email=text(own, "email"),
        phone=text(own, "phone") or text(own, "mobilephone"),
        website=text(own, "website"),
        address=_address(own),
        url=url,
        version=text(own, "lastmodifieddate"),
        archived=row.get("archived") is True,
        merged_ids=_merged(own),
    )


def properties_of(details: Mapping[DetailName, Detail], own: OwnFields) -> dict[str, str]:
    """Details as properties; empty text clears one. A street has two lines there."""
    found: dict[str, str] = {}
    for name, value in details.items():
        if name in own:
            found[own[name]] = as_text(name, value)
        elif isinstance(value, Address):
            first, *further = value.lines or ("",)
            parts = (first, ", ".join(further), value.city, value.region, value.postcode, value.country)
            found |= dict(zip(_ADDRESS, parts, strict=True))
        else:
            found[_PROPERTIES[name]] = value
    return found


def modified(kind: str) -> str:
    """The property that says when a record last changed: contacts lack the prefix that every other type has."""
    return "lastmodifieddate" if kind == "contacts" else MODIFIED


def milliseconds(row: Row, name: str) -> int:
    """When a record last changed, in milliseconds since 1970; 0 where it doesn't say."""
    moment = _instant(text(properties(row), name))
    return (moment - _EPOCH) // timedelta(milliseconds=1) if moment else 0


def sentences(error: Row) -> tuple[str, ...]:
    """What a refusal says. Its message may carry a list of further messages inside."""
    listed = error.get("errors")
    parts = listed if isinstance(listed, list) and listed else [error]
    found: list[str] = []
    for part in parts:
        message = str(part.get("message") or "") if isinstance(part, dict) else ""
        _, bracket, rest = message.partition(": [")
        try:
            inner = json.loads(f"[{rest}") if bracket else []
        except ValueError:
            inner = []
        named = [str(each["message"]) for each in inner if isinstance(each, dict) and each.get("message")]
        found += named or ([message] if message else [])
    return tuple(dict.fromkeys(found))


def properties(row: Row) -> Row:
    found = row.get("properties")
    return found if isinstance(found, dict) else {}


def text(own: Row, name: str) -> str:
    value = own.get(name)
    return "" if value is None else str(value)


def _merged(own: Row) -> tuple[str, ...]:
    return tuple(part for part in text(own, MERGED).split(";") if part)


def _is_primary(target: Row) -> bool:
    types = target.get("associationTypes")
    listed = [each for each in types if isinstance(each, dict)] if isinstance(types, list) else []
    return any(
        each.get("category") == "HUBSPOT_DEFINED" and (each.get("typeId") in _PRIMARY or each.get("label") == "Primary")
        for each in listed
    )


def _number(own: Row, name: str, called: str, problems: list[str], *, optional: bool = False) -> Decimal:
    given = text(own, name)
    if not given:
        if not optional:
            problems.append(f"{called} is missing.")
        return ZERO
    try:
        return strict_decimal(given)
    except ValueError:
        problems.append(f"{called} is not a number.")
        return ZERO


def _day(own: Row, name: str, zone: ZoneInfo, problems: list[str]) -> date | None:
    given = text(own, name)
    moment = _instant(given)
    if given and moment is None:
        problems.append("Its close date is not a date.")
    return moment.astimezone(zone).date() if moment else None


def _instant(given: str) -> datetime | None:
    """An ISO instant, or milliseconds since 1970; None for anything else."""
    try:
        if re.fullmatch(r"-?\d{1,14}", given):
            return _EPOCH + timedelta(milliseconds=int(given))
        moment = datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _address(own: Row) -> Address:
    return Address(
        lines=tuple(line for name in ("address", "address2") if (line := text(own, name))),
        city=text(own, "city"),
        region=text(own, "state"),
        postcode=text(own, "zip"),
        country=text(own, "country"),
    )


def _position(row: Row) -> int:
    position = text(properties(row), "hs_position_on_quote")
    return int(position) if position.isascii() and position.isdigit() else 1_000_000
