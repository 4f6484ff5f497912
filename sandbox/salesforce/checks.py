"""What Salesforce refuses of the values that somebody wants a record to have, screens and API alike.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.salesforce.answers import Refusal
from sandbox.salesforce.org import Org, Record, invalid_field
from sandbox.salesforce.schema import PREFIXES, FieldDef

_NUMBERS = {"currency", "double", "percent", "int"}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def accepted(
    org: Org, kind: str, values: Mapping[str, Any], record: Record | None = None, *, by_person: bool = False
) -> dict[str, Any]:
    """The values as they will be kept, None for one that is cleared; raises ``Refusal``.

    ``record`` is the one that changes, None for a new one. A person may see what the integration's user may not.
    """
    fields = {name.lower(): one for name, one in org.visible(kind, to_all=by_person).items()}
    understood(org, kind, values, by_person=by_person)
    taken: dict[str, Any] = {}
    for name, value in values.items():
        field = fields[name.lower()]
        if field.read_only or (field.create_only and record is not None):
            raise _not_writable(field, "create" if record is None else "update")
        taken[field.name] = None if value in {None, ""} else _kept(org, field, value)
    if kind == "Opportunity":
        _amount(taken, record, org)
    _complete(fields.values(), taken, record)
    whole = {**(record.values if record else {}), **taken}
    _rules(org, kind, whole)
    _unique(org, kind, taken, fields, record)
    return taken


def _not_writable(field: FieldDef, doing: str) -> Refusal:
    message = (
        f"Unable to {doing} fields: {field.name}. Please check the security settings of this field and verify that it "
        "is read/write for your profile or permission set."
    )
    return Refusal(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, field.name)


def understood(org: Org, kind: str, values: Mapping[str, Any], *, by_person: bool = False) -> None:
    """Raises ``Refusal`` for what makes no sense at all: a name that isn't there, a value of another kind."""
    fields = {name.lower(): one for name, one in org.visible(kind, to_all=by_person).items()}
    for name, value in values.items():
        field = fields.get(name.lower())
        if field is None:
            raise invalid_field(kind, name)
        if value in {None, ""}:
            continue
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if is_number != (field.type in _NUMBERS) or isinstance(value, bool) != (field.type == "boolean"):
            raise _not_parsed(field, value)
        if field.type == "date":
            _day(field, str(value))


def _kept(org: Org, field: FieldDef, value: Any) -> Any:
    """A value as it is stored."""
    match field.type:
        case "currency" | "double" | "percent":
            return Decimal(value)
        case "int" | "boolean":
            return value
        case "reference":
            return _reference(org, field, value)
        case "email" if not _ADDRESS.fullmatch(value):
            raise Refusal(400, "INVALID_EMAIL_ADDRESS", f"{field.name}: invalid email address: {value}", field.name)
        case "picklist":
            _listed(org, field, value)
        case _:
            pass
    if field.length and len(value) > field.length:
        message = f"{field.name}: data value too large: {value} (max length={field.length})"
        raise Refusal(400, "STRING_TOO_LONG", message, field.name)
    return value


def _not_parsed(field: FieldDef, value: Any) -> Refusal:
    """A value of another kind is no JSON of that record to them: it fails the whole request."""
    message = f"Cannot deserialize instance of {field.type} from VALUE_STRING value {value}"
    return Refusal(400, "JSON_PARSER_ERROR", message)


def _day(field: FieldDef, text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise _not_parsed(field, text) from None


def _reference(org: Org, field: FieldDef, text: str) -> str:
    if len(text) not in {15, 18} or not text.startswith(PREFIXES.get(field.to, "")):
        raise Refusal(400, "MALFORMED_ID", f"{field.name}: id value of incorrect type: {text}", field.name)
    record = org.any(field.to, text)
    if record is None:
        raise Refusal(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
    if record.deleted:
        raise Refusal(400, "ENTITY_IS_DELETED", "entity is deleted", field.name)
    return record.id


def _listed(org: Org, field: FieldDef, text: str) -> None:
    """A stage may be one that isn't in the list; a currency never."""
    strict = field.name == "CurrencyIsoCode" or (org.switches.restricted_stages and field.name == "StageName")
    known = org.currencies if field.name == "CurrencyIsoCode" else [*_stages(org)]
    if strict and text not in known:
        message = f"{field.name}: bad value for restricted picklist field: {text}"
        raise Refusal(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)


def _stages(org: Org) -> list[str]:
    return [str(stage.values["ApiName"]) for stage in org.live("OpportunityStage")]


def _amount(taken: dict[str, Any], record: Record | None, org: Org) -> None:
    """With lines, an amount that is written is dropped without a word.

    https://developer.salesforce.com/docs/atlas.en-us.216.0.object_reference.meta/object_reference/sforce_api_objects_opportunity.htm
    """
    if record is not None and org.children(record, "OpportunityLineItems"):
        taken.pop("Amount", None)


def _complete(fields: Any, taken: Mapping[str, Any], record: Record | None) -> None:
    """What can't be left out, or taken away again."""
    wanted = [field.name for field in fields if field.required]
    missing = [name for name in wanted if taken.get(name) is None and (record is None or name in taken)]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise Refusal(400, "REQUIRED_FIELD_MISSING", message, *missing)


def _rules(org: Org, kind: str, whole: Mapping[str, Any]) -> None:
    """The administrator's validation rules; here those that a stage wants a field filled."""
    if kind != "Opportunity":
        return
    for name in org.required_at.get(str(whole.get("StageName")), ()):
        if whole.get(name) in {None, ""}:
            message = f"{name} has to be filled in before {whole.get('StageName')}."
            raise Refusal(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", message, name)


def _unique(
    org: Org, kind: str, taken: Mapping[str, Any], fields: Mapping[str, FieldDef], record: Record | None
) -> None:
    for field in fields.values():
        value = taken.get(field.name)
        if not field.unique or value is None:
            continue
        for other in org.live(kind):
            if other is not record and other.values.get(field.name) == value:
                message = f"duplicate value found: {field.name} duplicates value on record with id: {other.id[:15]}"
                raise Refusal(400, "DUPLICATE_VALUE", message, field.name)
