"""What was done about HubSpot's deals: notes, calls, e-mails, meetings, tasks.

https://developers.hubspot.com/docs/api-reference/crm-meetings-v3/guide and its neighbours
"""

from __future__ import annotations

import json

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
    return [said for kind in KINDS for said in _said(http, f"/crm/objects/{version}/{kind}", _ids(linked, kind), name)]


def _ids(linked: Json, kind: str) -> list[str]:
    rows = (linked.get(kind) or {}).get("results") or ()
    return list(dict.fromkeys(str(row.get("id")) for row in rows))[-MOST:]


def _said(http: Http, kind: str, ids: list[str], name: str) -> list[str]:
    if not ids:
        return []
    asked, path = {"inputs": [{"id": id_} for id_ in ids], "properties": [name]}, f"{kind}/batch/read"
    try:
        rows = results(http.read("POST", path, content=json.dumps(asked, separators=(",", ":")).encode()), path)
    except NotConnected as lacking:
        if OF_EMAILS in lacking.detail:
            return []
        raise
    return [str((row.get("properties") or {}).get(name) or "") for row in rows]
