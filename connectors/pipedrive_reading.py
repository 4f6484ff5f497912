"""Pipedrive's JSON, version 2, read into records: pure functions.

https://pipedrive.readme.io/docs/pipedrive-api-v2-migration-guide
https://developers.pipedrive.com/docs/api/v1/Deals
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.own_fields import as_text, filled
from domain.gst import line_amount, tolerance
from domain.money import ZERO, cents, decimals
from domain.records import Address, Customer, CustomerKind, CustomerRef, Deal, Detail, DetailName, LineItem

Row = Mapping[str, Any]

_AMOUNTS_ARE = {"exclusive": "tax exclusive", "inclusive": "tax inclusive", "none": "no tax"}
_ONCE = "one-time"
# Behind a pipeline's id it stands for the deals there that are marked as won.
WON = " won"
_HUNDRED = Decimal(100)
# Within what Decimal multiplies exactly to the cent.
_LARGEST = Decimal(10) ** 12
_MOST_DECIMALS = 12
_LAST = 1_000_000


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the account: ``code`` is its key in the API, ``options`` are labels by id."""

    code: str
    name: str
    type: str
    custom: bool
    options: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Sold:
    """What a deal sells: its products, and what concerns all of them together."""

    products: Sequence[Row] = ()
    discounts: Sequence[Row] = ()
    instalments: int = 0


def deal(
    row: Row, sold: Sold, *, codes: Mapping[str, str], fields: Mapping[str, Field | None], url: str, zone: ZoneInfo
) -> Deal:
    """A deal; ``codes`` are the product codes by product id. What can't be understood is said in the deal."""
    problems: list[str] = []
    counted = enabled(sold.products)
    lines = [_line(each, codes, problems) for each in counted]
    won = row.get("status") == "won"
    value = _number(row, "value", "Its value", problems) if row.get("value") is not None else None
    return Deal(
        id=str(row.get("id")),
        name=text(row.get("title")),
        pipeline=text(row.get("pipeline_id")),
        # Status and stage are independent there: a lost deal keeps the stage it stood in.
        stage=stage(row),
        amount=_amount(value, counted, lines),
        currency=text(row.get("currency")),
        closed_on=_day(row, "won_time" if won else "close_time", zone, problems),
        won=won,
        lost=row.get("status") == "lost",
        lines=tuple(_discounted(lines, sold.discounts, problems)),
        customer=_customer(row),
        owner=text(row.get("owner_id")),
        url=url,
        version=version(row),
        amounts_are=_amounts_are(counted, problems),
        instalments=sold.instalments,
        fields={name: _shown(row, known) for name, known in fields.items()},
        unreadable=" ".join(problems),
    )


def stage(row: Row) -> str:
    return "" if row.get("status") == "lost" else text(row.get("stage_id"))


def mark(row: Row) -> str:
    """Where it stands, taking the green button for a stage of its own behind all others of its pipeline."""
    return f"{text(row.get('pipeline_id'))}{WON}" if row.get("status") == "won" else stage(row)


def moved(stage: str, *, reopen: bool) -> dict[str, Any]:
    """What is written of a deal that moves there."""
    if stage.endswith(WON):
        return {"status": "won"}
    return {"stage_id": int(stage), **({"status": "open"} if reopen else {})}


def won_on(row: Row, zone: ZoneInfo) -> date | None:
    """The calendar day on which it was won, None where that can't be read."""
    return _day(row, "won_time", zone, [])


def gone(row: Row) -> bool:
    """Deleted; Pipedrive still shows it for 30 days."""
    return row.get("is_deleted") is True or row.get("status") == "deleted"


def version(row: Row) -> str:
    """When the record changed, in Pipedrive's whole seconds, and a digest of it: two changes may share a second."""
    digest = hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()
    return f"{text(row.get('update_time'))} {digest[:12]}"


def enabled(products: Sequence[Row]) -> list[Row]:
    """The products that count, in the order of the deal's page."""
    counted = [each for each in products if each.get("is_enabled") is not False]
    return sorted(counted, key=_position)


def adds_up(row: Row, products: Sequence[Row]) -> bool:
    """Whether the deal's value is the sum of its products: then nothing was taken off the whole."""
    sums = [_plain(each.get("sum")) for each in enabled(products)]
    return not sums or sum(sums, ZERO) == _plain(row.get("value"))


def _line(row: Row, codes: Mapping[str, str], problems: list[str]) -> LineItem:
    name = text(row.get("name"))
    called = f"Its line {name or row.get('id')!r}"
    quantity = _number(row, "quantity", f"{called}: the quantity", problems)
    price = _number(row, "item_price", f"{called}: the price", problems)
    discount = _number(row, "discount", f"{called}: the discount", problems) if row.get("discount") else ZERO
    in_percent = row.get("discount_type") != "amount"
    frequency = text(row.get("billing_frequency"))
    return LineItem(
        id=text(row.get("id")),
        name=name,
        quantity=quantity,
        unit_price=price,
        # Its comments are the sellers' own and may not be meant for the customer.
        product_code=codes.get(text(row.get("product_id")), ""),
        discount_percent=discount if in_percent else ZERO,
        discount_amount=ZERO if in_percent else _whole(row, quantity, price, discount),
        billing_frequency="" if frequency == _ONCE else frequency,
        billing_starts=_starts(row),
        billing_times=cycles if isinstance(cycles := row.get("billing_frequency_cycles"), int) else 0,
        currency=text(row.get("currency")),
    )


def _starts(row: Row) -> date | None:
    try:
        return date.fromisoformat(text(row.get("billing_start_date"))[:10])
    except ValueError:
        return None


def _whole(row: Row, quantity: Decimal, price: Decimal, discount: Decimal) -> Decimal:
    """A discount in money, for the whole line. Whether Pipedrive means that or one unit, its own sum tells."""
    stated = cents(_plain(row.get("sum")))
    for_the_line = line_amount(quantity, price, ZERO, discount)
    for_each = line_amount(quantity, price, ZERO, quantity * discount)
    if stated in _with_tax(row, for_each) and stated not in _with_tax(row, for_the_line):
        return quantity * discount
    return discount


def _with_tax(row: Row, amount: Decimal) -> tuple[Decimal, Decimal]:
    """Without and with the tax on top: whether a sum holds it isn't documented."""
    rate = _plain(row.get("tax")) if row.get("tax_method") == "exclusive" else ZERO
    return amount, cents(amount * (_HUNDRED + rate) / _HUNDRED)


def _amount(value: Decimal | None, products: Sequence[Row], lines: Sequence[LineItem]) -> Decimal | None:
    """The deal's value as its prices are meant: without the tax that Pipedrive put on top, if it did."""
    stated = sum((_plain(each.get("sum")) for each in products), ZERO)
    net = sum(map(_net, lines), ZERO)
    if value is None or not stated or abs(stated) >= _LARGEST or stated == net:
        return value
    gross = sum((_with_tax(p, _net(x))[1] for p, x in zip(products, lines, strict=True)), ZERO)
    return cents(value * net / stated) if abs(stated - gross) <= tolerance(len(lines)) else value


def _discounted(lines: Sequence[LineItem], discounts: Sequence[Row], problems: list[str]) -> list[LineItem]:
    """The lines with the discounts of the whole deal spread over them, to the cent and in proportion."""
    subtotal = sum(map(_net, lines), ZERO)
    off = cents(sum((_off(each, subtotal, problems) for each in discounts), ZERO))
    if not off:
        return list(lines)
    if not 0 < off <= subtotal:
        problems.append("Its discounts are larger than its lines.")
        return list(lines)
    spread: list[LineItem] = []
    reached = given = ZERO
    for line in lines:
        reached += _net(line)
        share = cents(off * reached / subtotal) - given
        given += share
        taken = line.quantity * line.unit_price - _net(line) + share
        spread.append(replace(line, discount_percent=ZERO, discount_amount=taken))
    return spread


def _off(row: Row, subtotal: Decimal, problems: list[str]) -> Decimal:
    amount = _number(row, "amount", "One of its discounts", problems)
    return subtotal * amount / _HUNDRED if row.get("type") == "percentage" else amount


def _net(line: LineItem) -> Decimal:
    return line_amount(line.quantity, line.unit_price, line.discount_percent, line.discount_amount)


def _amounts_are(products: Sequence[Row], problems: list[str]) -> str:
    """What the prices mean. Without a rate of tax nobody chose: every account has some method as its default."""
    methods = {text(each.get("tax_method")) for each in products if _plain(each.get("tax"))}
    if len(methods) > 1:
        problems.append("Its lines differ in whether the tax is inside the price.")
    return _AMOUNTS_ARE.get(methods.pop(), "") if len(methods) == 1 else ""


def _customer(row: Row) -> CustomerRef | None:
    if row.get("org_id"):
        return CustomerRef("company", text(row["org_id"]))
    return CustomerRef("person", text(row["person_id"])) if row.get("person_id") else None


def company(row: Row, *, url: str, own: Mapping[str, Field]) -> Customer:
    """An organisation; ``own`` are the fields for details that the account has added for itself."""
    found = Customer(
        ref=CustomerRef("company", text(row.get("id"))),
        name=text(row.get("name")),
        website=text(row.get("website")),
        address=_address(row.get("address")),
        url=url,
        version=version(row),
    )
    return filled(found, {what: _shown(row, field) for what, field in own.items()})


def person(row: Row, *, url: str, own: Mapping[str, Field]) -> Customer:
    """A person who is billed without an organisation."""
    found = Customer(
        ref=CustomerRef("person", text(row.get("id"))),
        name=text(row.get("name")) or _primary(row.get("emails")),
        email=_primary(row.get("emails")),
        phone=_primary(row.get("phones")),
        address=_address(row.get("postal_address")),
        url=url,
        version=version(row),
    )
    return filled(found, {what: _shown(row, field) for what, field in own.items()})


# What we may write of them. A person's postal address hangs on what the account has switched on.
PLACES: Mapping[CustomerKind, frozenset[DetailName]] = {
    "company": frozenset({"name", "billing address", "website"}),
    "person": frozenset({"name", "email", "phone"}),
}
_LISTS = {"email": "emails", "phone": "phones"}


def body_of(details: Mapping[DetailName, Detail], row: Row, own: Mapping[str, Field]) -> dict[str, Any]:
    """Details as an update wants them; ``row`` is a person read just now, whose other entries stay."""
    body: dict[str, Any] = {}
    kept = {own[name].code: as_text(name, value) or None for name, value in details.items() if name in own}
    if kept:
        body["custom_fields"] = kept
    for name, value in details.items():
        if name in own:
            continue
        if isinstance(value, Address):
            parts = (*value.lines, " ".join(filter(None, (value.city, value.region, value.postcode))), value.country)
            body["address"] = {"value": ", ".join(part for part in parts if part)}
        elif name in _LISTS:
            body[_LISTS[name]] = _entries(row.get(_LISTS[name]), value)
        else:
            body[name] = value
    return body


def _entries(entries: object, value: str) -> list[Row]:
    """The list with its first entry changed, or taken out; the others and all labels stay."""
    listed: list[Row] = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    first = next((each for each in listed if each.get("primary") is True), listed[0] if listed else {"label": "work"})
    others = [{**each, "primary": False} for each in listed if each is not first and text(each.get("value")) != value]
    return [*([{**first, "value": value, "primary": True}] if value else []), *others]


def known_field(row: Row) -> Field:
    options = row.get("options")
    listed = [each for each in options if isinstance(each, dict)] if isinstance(options, list) else []
    return Field(
        code=text(row.get("field_code")),
        name=text(row.get("field_name")),
        type=text(row.get("field_type")),
        custom=row.get("is_custom_field") is True,
        options={text(each.get("id")): text(each.get("label")) for each in listed},
    )


def slug(name: str) -> str:
    """A field's name as the mapping writes it: ``Xero invoice number`` as ``xero_invoice_number``."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def moment(row: Row) -> datetime | None:
    """When the record last changed."""
    return _instant(text(row.get("update_time")))


def text(value: object) -> str:
    """Numbers plainly, true and false as yes and no, nothing as nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value.normalize():f}" if abs(value) < _LARGEST else str(value)
        case _:
            return str(value)


def _shown(row: Row, known: Field | None) -> str:
    if known is None:
        return ""
    values = row.get("custom_fields") if known.custom else row
    value = values.get(known.code) if isinstance(values, dict) else None
    parts = value if isinstance(value, list) else [value]
    # Money and addresses come as an object around their value.
    bare = [part.get("value") if isinstance(part, dict) else part for part in parts]
    return ", ".join(known.options.get(text(part), text(part)) for part in bare)


def _number(row: Row, name: str, called: str, problems: list[str]) -> Decimal:
    value = row.get(name)
    if value is None:
        problems.append(f"{called} is missing.")
        return ZERO
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        problems.append(f"{called} is not a number.")
        return ZERO
    number = Decimal(value)
    if abs(number) >= _LARGEST or decimals(number) > _MOST_DECIMALS:
        problems.append(f"{called} is a number out of all proportion.")
        return ZERO
    return number


def _plain(value: object) -> Decimal:
    """A figure of Pipedrive's own; nothing where it is none."""
    number = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ZERO
    return number if abs(number) < _LARGEST and decimals(number) <= _MOST_DECIMALS else ZERO


def _day(row: Row, name: str, zone: ZoneInfo, problems: list[str]) -> date | None:
    given = text(row.get(name))
    found = _instant(given)
    if given and found is None:
        problems.append("The day it was closed is not a date.")
    return found.astimezone(zone).date() if found else None


def _instant(given: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _primary(entries: object) -> str:
    """The e-mail address or telephone number marked as the first, else the first there is."""
    listed = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    first = [each for each in listed if each.get("primary") is True]
    return next((found for each in (*first, *listed) if (found := text(each.get("value")))), "")


def _address(given: object) -> Address:
    """The parts that Google's map made of what was typed; what was typed where it made none."""
    parts: Row = given if isinstance(given, dict) else {}
    number = "/".join(filter(None, (text(parts.get("subpremise")), text(parts.get("street_number")))))
    street = " ".join(filter(None, (number, text(parts.get("route")))))
    city = text(parts.get("locality"))
    typed = text(parts.get("value")).strip()
    first = typed.partition(",")[0] if city else typed
    return Address(
        lines=tuple(filter(None, (street or ("" if city and first.startswith(city) else first),))),
        city=city,
        region=text(parts.get("admin_area_level_1")),
        postcode=text(parts.get("postal_code")),
        country=text(parts.get("country")),
    )


def _position(row: Row) -> tuple[int, int]:
    order, id_ = row.get("order_nr"), row.get("id")
    return (order if isinstance(order, int) else _LAST, id_ if isinstance(id_, int) else _LAST)
