"""What HubSpot refuses to write, and how it stores what it accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.hubspot import schema
from sandbox.hubspot.account import Account, Record
from sandbox.hubspot.answers import Invalid, Refusal, bad_request, invalid_properties, iso
from sandbox.hubspot.schema import Property

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
ENFORCING = "2026-09"
"""The API version from which administrators' rules hold for API writes, where older ones ignore them.

https://developers.hubspot.com/changelog/crm-api-write-validation-enforcement
"""


def texts(given: Any) -> dict[str, str]:
    """The ``properties`` of a body; anything but text is refused as the JSON it can't be read into."""
    if not isinstance(given, dict):
        raise bad_request("Invalid input JSON: properties must be an object")
    for name, value in given.items():
        if not isinstance(value, str):
            found = "null" if value is None else type(value).__name__
            raise bad_request(
                f"Invalid input JSON: Cannot deserialize value of `{name}`: expected a string, got {found}"
            )
    return given


def accepted(
    account: Account, kind: str, given: Mapping[str, str], version: str, record: Record | None = None
) -> dict[str, str]:
    """The values as they will be stored; raises ``Refusal`` naming every property that is wrong."""
    problems: list[Invalid] = []
    values: dict[str, str] = {}
    for name, value in given.items():
        known = account.properties[kind].get(name)
        try:
            values[name] = _value(known, name, value)
        except ValueError as problem:
            problems.append((problem.args[0], problem.args[1], name))
    if kind == "deals":
        problems += _stage_problems(account, values, record) + _currency_problems(account, values)
    if kind == "line_items":
        problems += _line_problems(account, values)
    if problems:
        raise invalid_properties(problems)
    if kind == "deals":
        _deal_rules(account, values, record, version)
    _unique(account, kind, values, record)
    return values


def complete(account: Account, kind: str, values: dict[str, str]) -> dict[str, str]:
    """A new record's values with what HubSpot adds; raises ``Refusal`` where something required is missing.

    https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide and its neighbours.
    """
    needed = {"contacts": ("email", "firstname", "lastname"), "companies": ("name", "domain")}.get(kind)
    if needed and not any(values.get(name) for name in needed):
        raise bad_request(f"At least one of these properties is required: {', '.join(needed)}")
    for name in {"deals": ("dealname",), **dict.fromkeys(schema.ACTIVITIES, ("hs_timestamp",))}.get(kind, ()):
        if not values.get(name):
            raise Refusal(
                400,
                f"Error creating {schema.SINGULAR[kind].upper()}. Some required properties were not set.",
                "VALIDATION_ERROR",
                context={"properties": [name]},
            )
    if kind == "deals":
        first = next(iter(account.pipelines.values()))
        pipeline = account.pipelines.get(values.get("pipeline", ""), first)
        values = {"pipeline": pipeline.id, "dealstage": pipeline.stages[0].id, **values}
    return values


def _value(known: Property | None, name: str, value: str) -> str:
    """One value in stored form; raises ``ValueError(message, code)``."""
    if known is None:
        raise ValueError(f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST")
    if known.read_only:
        raise ValueError(f'"{name}" is a read only property; its value cannot be set.', "READ_ONLY_VALUE")
    if value == "":
        return value
    if known.options and value not in (allowed := [option["value"] for option in known.options]):
        raise ValueError(f"{value} was not one of the allowed options: [{', '.join(allowed)}]", "INVALID_OPTION")
    if name == "email" and not _EMAIL.fullmatch(value):
        raise ValueError(f"Email address {value} is invalid", "INVALID_EMAIL")
    return _FORMS.get(known.type, str)(value)


def _number(value: str) -> str:
    try:
        finite = Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise ValueError(f"{value} was not a valid number.", "INVALID_DOUBLE")
    return value


def _date(value: str) -> str:
    """An ISO day, or milliseconds at exactly midnight UTC.

    https://developers.hubspot.com/docs/guides/api/crm/properties
    """
    try:
        moment = _moment(value)
    except ValueError:
        raise ValueError(f"{value} was not a valid date.", "INVALID_DATE") from None
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise ValueError(f"{value} is not at midnight UTC.", "INVALID_DATE")
    return moment.date().isoformat()


def _datetime(value: str) -> str:
    try:
        return iso(_moment(value))
    except ValueError:
        raise ValueError(f"{value} was not a valid long.", "INVALID_LONG") from None


def _bool(value: str) -> str:
    if value.lower() not in {"true", "false"}:
        raise ValueError(f"{value} was not one of the allowed options: [true, false]", "INVALID_OPTION")
    return value.lower()


_FORMS = {"number": _number, "date": _date, "datetime": _datetime, "bool": _bool}


def milliseconds(value: str) -> int:
    """A date or datetime as search compares it; raises ``ValueError`` for what is none."""
    return round(_moment(value).timestamp() * 1000)


def _moment(value: str) -> datetime:
    """Milliseconds since 1970, an ISO day or an ISO instant."""
    if re.fullmatch(r"-?\d{5,}", value):
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        day = date.fromisoformat(value)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _stage_problems(account: Account, values: Mapping[str, str], record: Record | None) -> list[Invalid]:
    """Pipelines and stages go by id, never by label: https://github.com/dlt-hub/verified-sources/issues/584."""
    pipeline_id = values.get("pipeline") or (record.properties.get("pipeline", "") if record else "")
    pipeline = account.pipelines.get(pipeline_id) if pipeline_id else next(iter(account.pipelines.values()))
    if pipeline is None:
        options = ", ".join(account.pipelines)
        return [
            (f"{pipeline_id} is not a valid pipeline ID. Valid options are: [{options}]", "INVALID_OPTION", "pipeline")
        ]
    stage_id = values.get("dealstage")
    ids = [stage.id for stage in pipeline.stages]
    if stage_id is None or stage_id in ids:
        return []
    options = f"pipelineId={pipeline.id} : [{', '.join(ids)}]"
    message = f"{stage_id} is not a valid pipeline stage ID. Valid options are: {options}"
    return [(message, "INVALID_OPTION", "dealstage")]


def _line_problems(account: Account, values: Mapping[str, str]) -> list[Invalid]:
    """https://developers.hubspot.com/changelog/bugfix-currency-validation-for-line-items-api"""
    problems: list[Invalid] = []
    currency = values.get("hs_line_item_currency_code")
    if currency and currency not in account.currencies:
        message = f"{currency} is not an enabled currency of this account"
        problems.append((message, "INVALID_OPTION", "hs_line_item_currency_code"))
    if values.get("price", "").startswith("-"):
        problems.append(("Price must not be negative", "INVALID_DOUBLE", "price"))
    return problems


def _currency_problems(account: Account, values: Mapping[str, str]) -> list[Invalid]:
    currency = values.get("deal_currency_code")
    if not currency or currency in account.currencies:
        return []
    return [
        (f"{currency} was not one of the allowed options: {account.currencies}", "INVALID_OPTION", "deal_currency_code")
    ]


def _deal_rules(account: Account, values: Mapping[str, str], record: Record | None, version: str) -> None:
    """Properties an administrator made conditional on a stage, held against the record as it would become."""
    stage_id = values.get("dealstage")
    if version != ENFORCING or not stage_id:
        return
    after = {**(record.properties if record else {}), **values}
    missing = [name for name in account.switches.required_on_stage.get(stage_id, ()) if not after.get(name)]
    if missing:
        raise Refusal(
            400,
            f"Required properties are missing for dealstage {stage_id}: {', '.join(missing)}",
            "VALIDATION_ERROR",
            errors=[
                {"message": f"{name} is required when dealstage is {stage_id}", "code": "REQUIRED_PROPERTY", "in": name}
                for name in missing
            ],
            context={"properties": missing},
        )


def _unique(account: Account, kind: str, values: Mapping[str, str], record: Record | None) -> None:
    for name, value in values.items():
        if not value or not account.properties[kind][name].unique:
            continue
        other = account.find(kind, name, value)
        if other is None or (record is not None and other.id == record.id):
            continue
        if (kind, name) in schema.UNIQUE_BY_NATURE:
            # The sentence is what clients read the id from: https://github.com/stape-io/hubspot-tag/issues/7.
            raise Refusal(409, f"Contact already exists. Existing ID: {other.id}", "CONFLICT")
        message = f"Cannot set {name} to {value}: {other.id} already has that value."
        raise invalid_properties([(message, "CONFLICTING_UNIQUE_VALUE", name)])
