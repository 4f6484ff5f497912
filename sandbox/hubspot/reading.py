"""Reading records: one, a page, a batch.

https://developers.hubspot.com/docs/guides/crm/using-object-apis
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.hubspot import schema
from sandbox.hubspot.account import Account, Record
from sandbox.hubspot.answers import answer, bad_request, batch, iso, not_found
from sandbox.hubspot.asked import Ask, kind
from sandbox.wire import Response

BATCH = 100
LIST_PAGE = 100


def read_one(account: Account, ask: Ask, object_type: str, object_id: str) -> Response:
    """A record by id or by a unique property; what is archived shows only when asked for."""
    record = located(account, object_type, object_id, ask.request.query.get("idProperty", ""))
    if record is None or record.archived != ask.flag("archived"):
        raise not_found()
    shown = show(account, record, ask.listed("properties"), ask.listed("propertiesWithHistory"))
    return answer(shown | _associations(account, record, ask.listed("associations")))


def read_page(account: Account, ask: Ask, object_type: str) -> Response:
    limit, after = ask.count("limit", 10, LIST_PAGE), ask.request.query.get("after", "0")
    if not after.isdigit():
        raise bad_request("after must be a number")
    records = [r for r in account.objects[object_type].values() if r.archived == ask.flag("archived")]
    rest = [record for record in records if int(record.id) >= int(after)]
    page, more = rest[:limit], rest[limit:]
    shown = [
        show(account, record, ask.listed("properties"), ask.listed("propertiesWithHistory"))
        | _associations(account, record, ask.listed("associations"))
        for record in page
    ]
    return answer({"results": shown} | (paging(ask, more[0].id) if more else {}))


def read_batch(account: Account, ask: Ask, object_type: str) -> Response:
    """Never with associations; an id that can't be seen is left out without a word.

    https://github.com/xorbitsai/xagent/pull/2399. Some callers have seen it named in a 207: a switch does that.
    """
    body, found, missing = ask.body(), dict[str, Record](), list[str]()
    for row in ask.inputs(BATCH):
        wanted = row.get("id")
        if not isinstance(wanted, str):
            raise bad_request("Invalid input JSON: inputs.id must be a string")
        record = located(account, object_type, wanted, body.get("idProperty") or "")
        if record is None or record.archived != ask.flag("archived"):
            missing.append(wanted)
        else:
            found[record.id] = record
    properties, history = body.get("properties") or (), body.get("propertiesWithHistory") or ()
    results = [show(account, record, properties, history) for record in found.values()]
    named = missing and account.switches.batch_read_names_missing
    return batch(account.now(), results, [gone(object_type, missing)] if named else None)


def located(account: Account, object_type: str, value: str, id_property: str) -> Record | None:
    """A record by id, or by the unique property that ``idProperty`` names."""
    if not id_property or id_property == "hs_object_id":
        return account.get(object_type, value)
    known = account.properties[object_type].get(id_property)
    if known is None or not known.unique:
        raise bad_request(f"{id_property} is not a unique property of {object_type}")
    return account.find(object_type, id_property, value)


def show(account: Account, record: Record, names: Iterable[str], history: Sequence[str] = ()) -> dict[str, Any]:
    """A record as JSON: every value text, what was asked for and is not set ``null``, unknown names left out."""
    shown: dict[str, Any] = {
        "id": record.id,
        "properties": chosen(account, record.kind, record.properties, names),
        "createdAt": iso(record.created),
        "updatedAt": iso(record.updated),
        "archived": record.archived,
        "url": record_url(record.kind, record.id),
    }
    if history:
        shown["propertiesWithHistory"] = {name: record.history.get(name, []) for name in history}
    if record.archived_at:
        shown["archivedAt"] = iso(record.archived_at)
    return shown


def chosen(account: Account, object_type: str, values: dict[str, str], names: Iterable[str]) -> dict[str, Any]:
    """The properties asked for, or the few that come unasked; id and dates always."""
    asked = list(names) or list(schema.ALWAYS_RETURNED[object_type])
    asked += ["hs_object_id", "createdate", schema.modified_property(object_type)]
    # The hs_v2_date_entered_* set can be requested though GET /properties doesn't list it:
    # https://github.com/dlt-hub/verified-sources/pull/647.
    known = account.properties[object_type]
    return {n: values.get(n) for n in asked if n in known or n.startswith("hs_v2_date_entered_")}


def record_url(object_type: str, record_id: str) -> str:
    from sandbox.hubspot.account import PORTAL_ID

    return f"https://app.hubspot.com/contacts/{PORTAL_ID}/record/{schema.TYPE_IDS[object_type]}/{record_id}"


def paging(ask: Ask, after: str) -> dict[str, Any]:
    return {"paging": {"next": {"after": after, "link": f"https://api.hubapi.com{ask.request.path}?after={after}"}}}


def gone(object_type: str, ids: Sequence[str]) -> dict[str, Any]:
    """The row of a batch's ``errors`` that names ids that are not there."""
    name = schema.SINGULAR[object_type].upper()
    message = f"Could not get some {name} objects, they may be deleted or not exist. Check that ids are valid."
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": list(ids)}}


def _associations(account: Account, record: Record, wanted: Sequence[str]) -> dict[str, Any]:
    """Links beside a record: under "line items" with a space, and a primary company listed twice.

    https://github.com/HubSpot/hubspot-api-ruby/issues/262
    """
    shown: dict[str, Any] = {}
    for given in wanted:
        other = kind(given)
        plain = f"{schema.SINGULAR[record.kind]}_to_{schema.SINGULAR[other]}"
        two_kinds = (record.kind, other) in schema.PRIMARY_LINK
        entries: list[dict[str, str]] = []
        for target, types in sorted(account.linked(record.kind, record.id, other).items()):
            if two_kinds and schema.PRIMARY_LINK[record.kind, other] in types:
                entries.append({"id": target, "type": plain})
            entries.append({"id": target, "type": f"{plain}_unlabeled" if two_kinds else plain})
        if entries:
            shown[other.replace("_", " ")] = {"results": entries}
    return {"associations": shown} if shown else {}
