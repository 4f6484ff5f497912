"""What an account has set up: properties and their groups, pipelines, owners, tax rates."""

from __future__ import annotations

import re
from typing import Any

from sandbox.hubspot.account import Account
from sandbox.hubspot.answers import Refusal, answer, bad_request, batch, iso, not_found, nothing
from sandbox.hubspot.asked import Ask, kind
from sandbox.hubspot.schema import Owner, Pipeline, Property, Stage, TaxRate
from sandbox.wire import Response

BATCH = 100
UNIQUE_MOST = 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_TYPES = {
    "string": {"text", "textarea", "html", "phonenumber", "file", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"},
    "bool": {"booleancheckbox", "calculation_equation"},
    "phone_number": {"phonenumber"},
}


def properties(account: Account, ask: Ask) -> Response:
    """https://developers.hubspot.com/docs/guides/api/crm/properties"""
    if not ask.parts:
        raise not_found()
    object_type = kind(ask.parts[0])
    match (ask.method, *ask.parts[1:]):
        case ("GET",):
            shown = [_property(one) for one in account.properties[object_type].values()]
            return answer({"results": shown})
        case ("POST",):
            return answer(_property(_create(account, object_type, ask.body())), 201)
        case ("POST", "batch", "read"):
            return _batch_read(account, ask, object_type)
        case ("POST", "batch", "create"):
            return _batch_create(account, ask, object_type)
        case (method, "groups", *rest):
            return _groups(account, ask, object_type, (method, *rest))
        case ("GET", name) if name in account.properties[object_type]:
            return answer(_property(account.properties[object_type][name]))
        case ("DELETE", name) if name in account.properties[object_type]:
            return _archive(account, object_type, name)
        case _:
            raise not_found()


def pipelines(account: Account, ask: Ask) -> Response:
    """https://developers.hubspot.com/docs/api-reference/latest/crm/pipelines/guide: only deals have any here."""
    if not ask.parts or kind(ask.parts[0]) != "deals":
        raise not_found()
    match (ask.method, *ask.parts[1:]):
        case ("GET",):
            shown = [_pipeline(account, p, i) for i, p in enumerate(account.pipelines.values())]
            return answer({"results": shown})
        case ("GET", pipeline_id) if pipeline_id in account.pipelines:
            return answer(_pipeline(account, account.pipelines[pipeline_id], 0))
        case ("GET", pipeline_id, "stages") if pipeline_id in account.pipelines:
            return answer({"results": _pipeline(account, account.pipelines[pipeline_id], 0)["stages"]})
        case _:
            raise not_found()


def owners(account: Account, ask: Ask) -> Response:
    match (ask.method, *ask.parts):
        case ("GET",):
            email, limit = ask.request.query.get("email", ""), ask.count("limit", 100, 500)
            found = [o for o in account.owners.values() if not email or o.email == email]
            start = int(ask.request.query.get("after") or 0)
            more = {"paging": {"next": {"after": str(start + limit)}}} if start + limit < len(found) else {}
            return answer({"results": [_owner(account, o) for o in found[start : start + limit]]} | more)
        case ("GET", owner_id):
            by_user = ask.request.query.get("idProperty") == "userId"
            for owner in account.owners.values():
                if owner_id == (str(owner.user_id) if by_user else owner.id):
                    return answer(_owner(account, owner))
            raise not_found()
        case _:
            raise not_found()


def tax_rates(account: Account, ask: Ask) -> Response:
    """https://developers.hubspot.com/docs/api-reference/latest/settings/tax-rates/guide"""
    match (ask.method, *ask.parts):
        case ("GET", "tax-rates"):
            return answer({"results": [_tax_rate(account, rate) for rate in account.tax_rates.values()]})
        case ("GET", "tax-rates", rate_id) if rate_id in account.tax_rates:
            return answer(_tax_rate(account, account.tax_rates[rate_id]))
        case _:
            raise not_found()


def _create(account: Account, object_type: str, body: dict[str, Any]) -> Property:
    """The status for a name that is taken is not documented; the error-handling page lists 409 for conflicts."""
    for name in ("name", "label", "type", "fieldType", "groupName"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise bad_request(f"Some required fields were not set: [{name}]")
    name = body["name"]
    if name in account.properties[object_type]:
        message = f"A property named '{name}' already exists."
        raise Refusal(409, message, "OBJECT_ALREADY_EXISTS", subCategory="Properties.PROPERTY_EXISTS")
    if not _NAME.fullmatch(name):
        raise bad_request("Property names are lower case letters, digits and underscores, and begin with a letter")
    if body["fieldType"] not in _TYPES.get(body["type"], ()):
        raise bad_request(f"fieldType {body['fieldType']} does not go with type {body['type']}")
    if body["groupName"] not in account.groups[object_type]:
        raise bad_request(f"Property group {body['groupName']} does not exist")
    unique = bool(body.get("hasUniqueValue"))
    own_unique = [p for p in account.properties[object_type].values() if p.unique and not p.by_hubspot]
    if unique and (object_type == "products" or len(own_unique) >= UNIQUE_MOST):
        raise bad_request(f"{object_type} can have no further property with unique values")
    new = Property(
        name,
        body["type"],
        label=body["label"],
        field_type=body["fieldType"],
        group=body["groupName"],
        description=body.get("description") or "",
        options=tuple(body.get("options") or ()),
        unique=unique,
        hidden=bool(body.get("hidden")),
        by_hubspot=False,
    )
    account.add_property(object_type, new)
    return new


def _batch_create(account: Account, ask: Ask, object_type: str) -> Response:
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for row in ask.inputs(BATCH):
        try:
            results.append(_property(_create(account, object_type, row)))
        except Refusal as refusal:
            errors.append(refusal.row() | {"context": {"name": [str(row.get("name"))]}})
    return batch(account.now(), results, errors)


def _batch_read(account: Account, ask: Ask, object_type: str) -> Response:
    names = [str(row.get("name")) for row in ask.inputs(BATCH)]
    known = account.properties[object_type]
    missing = [name for name in names if name not in known]
    errors: list[dict[str, Any]] = []
    if missing:
        message = f"Properties do not exist: {', '.join(missing)}"
        context = {"name": missing}
        errors = [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": context}]
    return batch(account.now(), [_property(known[name]) for name in names if name in known], errors)


def _groups(account: Account, ask: Ask, object_type: str, rest: tuple[str, ...]) -> Response:
    groups = account.groups[object_type]
    match rest:
        case ("GET",):
            return answer({"results": [{"name": n, "label": label, "archived": False} for n, label in groups.items()]})
        case ("POST",):
            return _create_group(account, ask, object_type)
        case ("GET", name) if name in groups:
            return answer({"name": name, "label": groups[name], "archived": False})
        case _:
            raise not_found()


def _create_group(account: Account, ask: Ask, object_type: str) -> Response:
    body = ask.body()
    name, label = body.get("name"), body.get("label")
    if not isinstance(name, str) or not isinstance(label, str):
        raise bad_request("Some required fields were not set: [name, label]")
    if name in account.groups[object_type]:
        raise Refusal(409, f"A property group named '{name}' already exists.", "OBJECT_ALREADY_EXISTS")
    account.groups[object_type][name] = label
    account.changes.append(("property groups", f"{object_type}/{name}", None, {"label": label}))
    return answer({"name": name, "label": label, "displayOrder": -1, "archived": False}, 201)


def _archive(account: Account, object_type: str, name: str) -> Response:
    if account.properties[object_type][name].by_hubspot:
        raise bad_request(f"{name} is a HubSpot defined property and can't be archived")
    del account.properties[object_type][name]
    account.changes.append(("properties", f"{object_type}/{name}", {"name": name}, None))
    return nothing()


def _property(one: Property) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": one.label,
        "type": one.type,
        "fieldType": one.field_type,
        "groupName": one.group,
        "description": one.description,
        "options": list(one.options),
        "hasUniqueValue": one.unique,
        "hidden": one.hidden,
        "hubspotDefined": one.by_hubspot,
        "calculated": one.read_only,
        "displayOrder": -1,
        "archived": False,
        "modificationMetadata": {
            "archivable": not one.by_hubspot,
            "readOnlyDefinition": one.by_hubspot,
            "readOnlyValue": one.read_only,
        },
    }


def _pipeline(account: Account, pipeline: Pipeline, order: int) -> dict[str, Any]:
    born = iso(account.now().replace(month=1, day=5, hour=0, minute=0, second=0, microsecond=0))
    times = {"createdAt": born, "updatedAt": born, "archived": False}
    stages = [_stage(stage, i) | times for i, stage in enumerate(pipeline.stages)]
    return {"id": pipeline.id, "label": pipeline.label, "displayOrder": order, "stages": stages, **times}


def _stage(stage: Stage, order: int) -> dict[str, Any]:
    """Metadata values are text, the truth of ``isClosed`` included."""
    metadata = {"isClosed": "true" if stage.closed else "false", "probability": stage.probability}
    return {
        "id": stage.id,
        "label": stage.label,
        "displayOrder": order,
        "metadata": metadata,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _owner(account: Account, owner: Owner) -> dict[str, Any]:
    born = iso(account.now().replace(month=1, day=5, hour=0, minute=0, second=0, microsecond=0))
    return {
        "id": owner.id,
        "email": owner.email,
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userId": owner.user_id,
        "type": "PERSON",
        "createdAt": born,
        "updatedAt": born,
        "archived": False,
    }


def _tax_rate(account: Account, rate: TaxRate) -> dict[str, Any]:
    born = iso(account.now().replace(month=1, day=5, hour=0, minute=0, second=0, microsecond=0))
    return {
        "id": rate.id,
        "name": rate.name,
        "label": rate.label,
        "percentageRate": rate.percentage,
        "active": rate.active,
        "createdAt": born,
        "updatedAt": born,
    }
