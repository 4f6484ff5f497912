"""Companies made in HubSpot under a key of ours, by which the same one is never made twice.

https://developers.hubspot.com/docs/guides/crm/using-object-apis
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors import hubspot_reading as reading
from connectors.contract import NewCompany, Refused
from connectors.errors import Rejected
from connectors.http import Http
from connectors.own_fields import OwnFields
from domain.records import CustomerRef

KEY = "xero_contact_id"
GROUP = "companyinformation"


def made(
    http: Http, version: str, news: Sequence[NewCompany], own: OwnFields, names: frozenset[str]
) -> dict[str, CustomerRef | Refused]:
    """At most a hundred, in one call after one for the property that keeps the key, where ``names`` lack it."""
    if KEY not in names:
        asked = {"name": KEY, "label": "Xero contact id", "type": "string", "fieldType": "text", "groupName": GROUP}
        try:
            http.write(
                "POST", f"/crm/properties/{version}/companies", content=_bytes({**asked, "hasUniqueValue": True})
            )
        except Rejected as refusal:  # made by another worker meanwhile, or a real no: then the next call says so too
            if refusal.status != 409 and "exist" not in " ".join(refusal.words):
                raise
    told = {each.key: reading.properties_of(each.details, own) for each in news}
    rows = [
        {
            "id": n.key,
            "idProperty": KEY,
            "objectWriteTraceId": n.key,
            "properties": told[n.key],
        }
        for n in news
    ]
    body = http.write("POST", f"/crm/objects/{version}/companies/batch/upsert", content=_bytes({"inputs": rows}))
    keys = [each.key for each in news]
    found: dict[str, CustomerRef | Refused] = {}
    for row in body.get("results") or ():
        key = str(row.get("objectWriteTraceId") or reading.text(reading.properties(row), KEY))
        if key in keys and row.get("id"):
            found[key] = CustomerRef("company", str(row["id"]))
    for error in body.get("errors") or ():
        context = error.get("context") or {}
        named = {str(value) for listed in context.values() for value in listed} & set(keys)
        found |= dict.fromkeys(named, Refused(" ".join(reading.sentences(error))))
    return found


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
