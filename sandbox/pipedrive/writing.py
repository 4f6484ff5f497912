"""Writing deals, persons, organisations and products, one at a time: Pipedrive has no batch for it, and no idempotency.

https://developers.pipedrive.com/docs/api/v1/Deals
"""

from __future__ import annotations

from typing import Any

from sandbox.pipedrive import schema
from sandbox.pipedrive.account import Account, Row
from sandbox.pipedrive.answers import Refusal, done, invalid, not_allowed, not_found
from sandbox.pipedrive.asked import Ask, whole
from sandbox.pipedrive.reading import show
from sandbox.wire import Response


def create(account: Account, ask: Ask, kind: str) -> Response:
    """Sent twice it is there twice."""
    body = ask.body()
    name = "title" if kind == "deals" else "name"
    if not body.get(name):
        raise invalid(name, "is required")
    values = accepted(account, kind, body, None)
    if kind == "deals":
        values["origin"] = "API"
    return done(show(account, kind, account.create(kind, values)), 201 if kind == "products" else 200)


def update(account: Account, ask: Ask, kind: str, record_id: str) -> Response:
    """Only the given keys change; null clears."""
    row = _found(account, kind, record_id)
    body = ask.body()
    if not body:
        raise Refusal(400, "Bad request: nothing to update", "ERR_BAD_REQUEST")
    if row.get("is_archived") and body.get("is_archived") is not False:
        # That it is refused is announced, with which status is not.
        raise Refusal(403, "Archived deals cannot be edited.", "ERR_ARCHIVED_DEAL")
    account.write(kind, row, accepted(account, kind, body, row))
    return done(show(account, kind, row))


def delete(account: Account, kind: str, record_id: str) -> Response:
    row = _found(account, kind, record_id)
    account.remove(kind, row)
    return done({"id": row["id"]})


def merge_deals(account: Account, ask: Ask, record_id: str) -> Response:
    """Version 1. The deal that is named in the body is prioritised and stays."""
    other = _found(account, "deals", record_id)
    survivor = account.get("deals", ask.body().get("merge_with_id"))
    if survivor is None or survivor is other:
        raise Refusal(400, "Deal to merge with not found")
    account.merge("deals", survivor, other)
    return done({"id": survivor["id"], "merge_what_id": other["id"], "title": survivor["title"]})


def accepted(account: Account, kind: str, body: dict[str, Any], row: Row | None) -> dict[str, Any]:
    """The values as they will be stored; raises ``Refusal``."""
    values = schema.accepted(kind, body)
    own = body.get("custom_fields")
    if own is not None:
        values["custom_fields"] = _own(account, kind, own)
    if kind == "deals":
        _deal_rules(account, values, row)
    for name, other in (("org_id", "organizations"), ("person_id", "persons"), ("owner_id", "users")):
        if values.get(name) is not None and account.get(other, values[name]) is None:
            raise invalid(name, f"{schema.SINGULAR.get(other, 'user').capitalize()} not found")
    return values


def _own(account: Account, kind: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise invalid("custom_fields", "must be an object")
    found: dict[str, Any] = {}
    for code, value in given.items():
        known = account.fields[kind].get(code)
        if known is None or not known["is_custom_field"]:
            raise not_allowed(f"custom_fields.{code}")
        found[code] = schema.own_value(known, value)
    return found


def _deal_rules(account: Account, values: dict[str, Any], row: Row | None) -> None:
    """A stage sets its pipeline; a pipeline alone means its first stage; won_time comes with won only."""
    if "pipeline_id" in values and "stage_id" not in values:
        stage = next(account.stages(values["pipeline_id"]), None)
        if stage is None:
            raise invalid("pipeline_id", "Pipeline not found")
        values["stage_id"] = stage["id"]
    stage_id = values.get("stage_id")
    if stage_id is not None and account.get("stages", stage_id) is None:
        raise invalid("stage_id", "Stage not found")
    status = values.get("status", row["status"] if row else "open")
    for name in ("won_time", "lost_time"):
        if values.get(name) and status != name.partition("_")[0]:
            raise invalid(name, f"can be set for {name.partition('_')[0]} deals only")
    if values.get("currency", "AUD") not in account.currencies:
        raise invalid("currency", "is not a currency of this account")
    after = {**(row or {}), **values}
    own = {**(row or {}).get("custom_fields", {}), **values.get("custom_fields", {})}
    lacking = [
        name
        for name in account.switches.required_on_stage.get(after.get("stage_id", 0), ())
        if after.get(name) is None and own.get(name) is None
    ]
    if stage_id is not None and lacking:
        raise invalid(", ".join(lacking), "is required in this stage")


def _found(account: Account, kind: str, record_id: str) -> Row:
    row = account.get(kind, whole("id", record_id))
    if row is None:
        raise not_found(schema.SINGULAR[kind].capitalize())
    return row
