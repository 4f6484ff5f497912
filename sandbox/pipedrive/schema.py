"""What Pipedrive calls things: kinds of records, their fields, the types of an account's own fields."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.pipedrive.answers import invalid

SINGULAR = {"deals": "deal", "persons": "person", "organizations": "organization", "products": "product"}

# What a caller may set, with its type; ``?`` takes null. Anything else is refused.
# https://developers.pipedrive.com/docs/api/v1/Deals and its neighbours
_WRITABLE = {
    "deals": (
        "title text, owner_id id, person_id id?, org_id id?, pipeline_id id, stage_id id, value number, currency text, "
        "is_deleted flag, is_archived flag, archive_time time?, status status, probability number, lost_reason text, "
        "visible_to id, close_time time, won_time time, lost_time time, expected_close_date day, label_ids ids"
    ),
    "persons": (
        "name text, owner_id id, org_id id, emails entries, phones entries, visible_to id, label_ids ids, "
        "marketing_status text"
    ),
    "organizations": "name text, owner_id id, visible_to id, label_ids ids, address address, website text, industry id",
    "products": (
        "name text, code text, description text, unit text, tax number, category text, owner_id id, is_linkable flag, "
        "visible_to id, prices prices, billing_frequency text, billing_frequency_cycles number?"
    ),
}
WRITABLE = {kind: dict(part.split() for part in text.split(", ")) for kind, text in _WRITABLE.items()}
STATUSES = ("open", "won", "lost")
FREQUENCIES = ("one-time", "weekly", "monthly", "quarterly", "semi-annually", "annually")
TAX_METHODS = ("exclusive", "inclusive", "none")

# Fields that every account has, by key: name and type. Much is left out; the list is paged all the same.
BUILT_IN = {
    "deals": (
        ("id", "ID", "int"),
        ("title", "Title", "varchar"),
        ("value", "Value", "monetary"),
        ("currency", "Currency", "varchar"),
        ("status", "Status", "status"),
        ("pipeline_id", "Pipeline", "pipeline"),
        ("stage_id", "Stage", "stage"),
        ("org_id", "Organization", "org"),
        ("person_id", "Contact person", "people"),
        ("owner_id", "Owner", "user"),
        ("expected_close_date", "Expected close date", "date"),
        ("won_time", "Won time", "date"),
        ("update_time", "Update time", "date"),
    ),
    "persons": (("id", "ID", "int"), ("name", "Name", "varchar"), ("emails", "Email", "varchar")),
    "organizations": (("id", "ID", "int"), ("name", "Name", "varchar"), ("address", "Address", "address")),
    "products": (("id", "ID", "int"), ("name", "Name", "varchar"), ("code", "Product code", "varchar")),
}
OWN_TYPES = (
    "varchar",
    "text",
    "double",
    "monetary",
    "date",
    "set",
    "enum",
    "user",
    "org",
    "people",
    "phone",
    "time",
    "timerange",
    "daterange",
    "address",
)


def accepted(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """A body's values, custom fields left aside; raises ``Refusal`` naming the first that is wrong."""
    for name, value in body.items():
        wanted = WRITABLE[kind].get(name)
        if name == "custom_fields":
            continue
        if wanted is None:
            raise invalid(name, f"Parameter '{name}' is not allowed for this request")
        if value is None and wanted.endswith("?"):
            continue
        if problem := _PROBLEMS[wanted.rstrip("?")](value):
            raise invalid(name, problem)
    return {name: value for name, value in body.items() if name != "custom_fields"}


def own_value(known: dict[str, Any], value: Any) -> Any:
    """A custom field's value as its type wants it; null clears.

    https://pipedrive.readme.io/docs/pipedrive-api-v2-migration-guide
    """
    if value is None:
        return None
    options = [option["id"] for option in known["options"] or ()]
    match known["field_type"]:
        case "enum":
            problem = "" if value in options else "must be the id of an option"
        case "set":
            sound = isinstance(value, list) and value and all(each in options for each in value)
            problem = "" if sound else "must be a list of ids of options, not empty"
        case other:
            problem = _OWN.get(other, _text)(value)
    if problem:
        raise invalid(f"custom_fields.{known['field_code']}", problem)
    return value


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "must be a string"


def _short(value: Any) -> str:
    return _text(value) or ("must be 255 characters or less" if len(value) > 255 else "")


def _money(value: Any) -> str:
    sound = isinstance(value, dict) and set(value) == {"value", "currency"} and not _number(value["value"])
    return "" if sound else "must be an object with value and currency"


def _number(value: Any) -> str:
    """Numbers as text are not taken for numbers: the migration guide."""
    return "" if isinstance(value, int | Decimal) and not isinstance(value, bool) else "must be a number"


def _id(value: Any) -> str:
    return "" if isinstance(value, int) and not isinstance(value, bool) else "must be an integer"


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "must be a boolean"


def _status(value: Any) -> str:
    return "" if value in STATUSES else f"must be one of {', '.join(STATUSES)}"


def _ids(value: Any) -> str:
    return "" if isinstance(value, list) and not any(map(_id, value)) else "must be a list of integers"


def _day(value: Any) -> str:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return "must be a date, YYYY-MM-DD"
    return ""


def _time(value: Any) -> str:
    sound = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)
    return "" if sound else "must be a time, YYYY-MM-DDTHH:MM:SSZ"


def _entries(value: Any) -> str:
    sound = isinstance(value, list) and all(isinstance(each, dict) and "value" in each for each in value)
    return "" if sound else "must be a list of objects with a value"


def _address(value: Any) -> str:
    return "" if isinstance(value, dict) and isinstance(value.get("value"), str) else "must be an object with a value"


def _prices(value: Any) -> str:
    sound = isinstance(value, list) and all(isinstance(each, dict) and "price" in each for each in value)
    return "" if sound else "must be a list of objects with a price"


_OWN = {
    "double": _number,
    "date": _day,
    "monetary": _money,
    "varchar": _short,
    "address": _address,
    "user": _id,
    "org": _id,
    "people": _id,
}
_PROBLEMS = {
    "text": _text,
    "number": _number,
    "id": _id,
    "ids": _ids,
    "flag": _flag,
    "status": _status,
    "day": _day,
    "time": _time,
    "entries": _entries,
    "address": _address,
    "prices": _prices,
}
