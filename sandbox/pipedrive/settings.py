"""The account's settings: fields, pipelines, stages; users and currencies, which only version 1 has.

https://developers.pipedrive.com/docs/api/v1/DealFields
"""

from __future__ import annotations

from typing import Any

from sandbox.pipedrive import schema
from sandbox.pipedrive.account import Account
from sandbox.pipedrive.answers import Refusal, done, invalid, not_allowed, not_found
from sandbox.pipedrive.asked import Ask, whole
from sandbox.pipedrive.reading import page, read_list, read_one
from sandbox.wire import Response

FIELD_KINDS = {f"{singular}Fields": kind for kind, singular in schema.SINGULAR.items()}
_FIELD = {"field_name", "field_type", "options", "description", "ui_visibility", "important_fields", "required_fields"}


def fields(account: Account, ask: Ask, kind: str, rest: tuple[str, ...]) -> Response:
    known = account.fields[kind]
    match (ask.method, *rest):
        case ("GET",):
            # The list has an order of its own that a cursor can name: https://github.com/n8n-io/n8n/issues/2761
            rows = ({**row, "id": number} for number, row in enumerate(known.values()))
            return page(ask, rows, _without_id)
        case ("POST",):
            return done(_create(account, ask.body(), kind))
        case ("GET", code) if code in known:
            return done(dict(known[code]))
        case ("PATCH", code) if code in known:
            body = ask.body()
            if "field_name" in body:
                known[code]["field_name"] = body["field_name"]
            return done(dict(known[code]))
        case ("DELETE", code) if code in known:
            if not known[code]["is_custom_field"]:
                raise Refusal(400, "Only custom fields can be deleted", "ERR_BAD_REQUEST")
            account.changes.append((f"{kind} fields", code, dict(known[code]), None))
            return done({"field_code": known.pop(code)["field_code"]})
        case _:
            raise not_found("Field")


def _create(account: Account, body: dict[str, Any], kind: str) -> dict[str, Any]:
    """Of two with the same name there are then two.

    https://developers.pipedrive.com/changelog/post/new-error-message-and-code-for-post-deals-and-custom-fields-endpoints
    """
    if extra := set(body) - _FIELD:
        raise not_allowed(min(extra))
    if not isinstance(body.get("field_name"), str) or not body["field_name"].strip():
        raise invalid("field_name", "is required")
    if body.get("field_type") not in schema.OWN_TYPES:
        raise invalid("field_type", f"must be one of {', '.join(schema.OWN_TYPES)}")
    if len(account.own_fields(kind)) >= account.switches.most_own_fields:
        raise Refusal(
            403, "You have reached the custom fields limit of your plan", "feature_capping_custom_fields_limit"
        )
    options = [str(each.get("label")) for each in body.get("options") or ()]
    if (body["field_type"] in {"enum", "set"}) != bool(options):
        raise invalid("options", "are required for enum and set, and for nothing else")
    return account.add_field(kind, body["field_name"], body["field_type"], options)


def boards(account: Account, ask: Ask, kind: str, rest: tuple[str, ...]) -> Response:
    """Pipelines and stages."""
    match (ask.method, *rest):
        case ("GET",):
            return read_list(account, ask, kind)
        case ("GET", row_id):
            return read_one(account, ask, kind, row_id)
        case ("POST",):
            body = ask.body()
            if kind == "stages" and account.get("pipelines", body.get("pipeline_id")) is None:
                raise invalid("pipeline_id", "Pipeline not found")
            order = 1 + sum(1 for _ in account.all(kind, **_siblings(kind, body)))
            return done(dict(account.create(kind, {"order_nr": order, **body})))
        case ("PATCH", row_id) if row := account.get(kind, whole("id", row_id)):
            account.write(kind, row, ask.body())
            return done(dict(row))
        case _:
            raise not_found(kind[:-1].capitalize())


def users(account: Account, ask: Ask, rest: tuple[str, ...]) -> Response:
    match (ask.method, *rest):
        case ("GET",):
            return done(list(account.rows["users"].values()))
        case ("GET", "me"):
            me = next(row for row in account.rows["users"].values() if row["is_you"])
            return done({**me, **_company()})
        case ("GET", user_id) if row := account.get("users", whole("id", user_id)):
            return done(dict(row))
        case _:
            raise not_found("User")


def currencies(account: Account) -> Response:
    rows = [
        {"id": number, "code": code, "name": code, "decimal_points": 2, "symbol": "$", "active_flag": True}
        | {"is_custom_flag": False}
        for number, code in enumerate(account.currencies, 1)
    ]
    return done(rows)


def _company() -> dict[str, Any]:
    from sandbox.pipedrive.account import COMPANY, COMPANY_ID

    return {
        "company_id": COMPANY_ID,
        "company_name": "Harbourline Studio",
        "company_domain": COMPANY,
        "company_country": "AU",
        "company_industry": "design",
        "has_created_company": True,
        "language": {"language_code": "en", "country_code": "AU"},
    }


def _siblings(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"pipeline_id": body["pipeline_id"]} if kind == "stages" else {}


def _without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}
