"""Companies and persons made in HubSpot under a key of ours, by which the same one is never made twice.

https://developers.hubspot.com/docs/guides/crm/using-object-apis
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors import hubspot_reading as reading
from connectors.contract import NewCustomer, Refused
from connectors.errors import Rejected
from connectors.http import Http
from connectors.own_fields import OwnFields
from domain.records import CustomerKind, CustomerRef

KEY = "xero_contact_id"
OBJECTS: Mapping[CustomerKind, str] = {"company": "companies", "person": "contacts"}
GROUPS: Mapping[CustomerKind, str] = {"company": "companyinformation", "person": "contactinformation"}


def made(
    http: Http, version: str, news: Sequence[NewCustomer], own: OwnFields, names: frozenset[str]
) -> dict[str, CustomerRef | Refused]:
    """At most a hundred of one kind, in one call after one for the property that keeps the key, where ``names`` lack
    it.
    """
    kind = news[0].kind
    if KEY not in names:
        asked = {"name": KEY, "label": "Xero contact id", "type": "string", "fieldType": "text"}
        property_ = _bytes({**asked, "groupName": GROUPS[kind], "hasUniqueValue": True})
        try:
            http.write("POST", f"/crm/properties/{version}/{OBJECTS[kind]}", content=property_)
        except Rejected as refusal:  # made by another worker meanwhile, or a real no: then the next call says so too
            if refusal.status != 409 and "exist" not in " ".join(refusal.words):
                raise
    rows = [
        {"id": n.key, "idProperty": KEY, "objectWriteTraceId": n.key, "properties": _properties(n, own)} for n in news
    ]
    path = f"/crm/objects/{version}/{OBJECTS[kind]}/batch/upsert"
    body = http.write("POST", path, content=_bytes({"inputs": rows}))
    keys = [each.key for each in news]
    found: dict[str, CustomerRef | Refused] = {}
    for row in body.get("results") or ():
        key = str(row.get("objectWriteTraceId") or reading.text(reading.properties(row), KEY))
        if key in keys and row.get("id"):
            found[key] = CustomerRef(kind, str(row["id"]))
    for error in body.get("errors") or ():
        context = error.get("context") or {}
        named = {str(value) for listed in context.values() for value in listed} & set(keys)
        found |= dict.fromkeys(named, Refused(" ".join(reading.sentences(error))))
    return found


def _properties(new: NewCustomer, own: OwnFields) -> dict[str, str]:
    names = {"firstname": new.first_name, "lastname": new.last_name} if new.kind == "person" else {}
    return {**reading.properties_of(new.details, own), **names}


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
