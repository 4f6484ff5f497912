"""What was done about HubSpot's deals: notes, calls, e-mails, meetings, tasks.

https://developers.hubspot.com/docs/api-reference/crm-meetings-v3/guide and its neighbours
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from connectors.errors import NotConnected
from connectors.http import Http
from connectors.hubspot_answers import results
from connectors.wire import Json

KINDS = ("notes", "calls", "emails", "meetings", "tasks")
# What reading e-mails takes beside: https://developers.hubspot.com/docs/api-reference/latest/crm/activities/emails/guide
OF_EMAILS = "sales-email-read"
MOST = 100


def of_deal(http: Http, version: str, deal_id: str, name: str) -> list[str]:
    """What a property says of the last activities of each kind; of e-mails only where the key may read them."""
    path, kinds = f"/crm/objects/{version}/deals/{{id}}", ",".join(KINDS)
    deal = http.read("GET", path, ids={"id": deal_id}, params={"properties": "dealname", "associations": kinds})
    linked = deal.get("associations") or {}
    return [text for kind in KINDS for text in _readable(http, version, kind, _ids(linked, kind), name)]


def said(http: Http, version: str, kind: str, ids: Sequence[str], name: str) -> dict[str, str]:
    """What a property of these activities says, by their ids."""
    if not ids:
        return {}
    asked = {"inputs": [{"id": id_} for id_ in ids], "properties": [name]}
    path = f"/crm/objects/{version}/{kind}/batch/read"
    rows = results(http.read("POST", path, content=json.dumps(asked, separators=(",", ":")).encode()), path)
    return {str(row.get("id")): str((row.get("properties") or {}).get(name) or "") for row in rows}


def _ids(linked: Json, kind: str) -> list[str]:
    rows = (linked.get(kind) or {}).get("results") or ()
    return list(dict.fromkeys(str(row.get("id")) for row in rows))[-MOST:]


def _readable(http: Http, version: str, kind: str, ids: Sequence[str], name: str) -> list[str]:
    try:
        return list(said(http, version, kind, ids, name).values())
    except NotConnected as lacking:
        if OF_EMAILS in lacking.detail:
            return []
        raise
