"""Organisations and persons made in Pipedrive under a key of ours. It knows no upsert, so earlier tries are looked for.

https://developers.pipedrive.com/docs/api/v1/Organizations
https://developers.pipedrive.com/docs/api/v1/Persons
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from connectors import pipedrive_access as access
from connectors.contract import NewCustomer, Refused
from connectors.errors import Rejected
from connectors.http import Http
from connectors.pipedrive_fields import Fields
from connectors.pipedrive_reading import Field, Row, body_of, text
from domain.records import CustomerKind, CustomerRef

Changed: TypeAlias = Callable[[str, Mapping[str, str]], Iterator[list[Row]]]
"""Reads a list, by its path and what is asked of it, page by page."""
KEY = "xero_contact_id"
LABEL = "Xero contact id"
EARLIER = timedelta(minutes=5)
# What their kinds are called there.
FIELDED: Mapping[CustomerKind, str] = {"company": "organization", "person": "person"}


def made(
    http: Http,
    fields: Fields,
    own: Mapping[str, Field],
    news: Sequence[NewCustomer],
    changed: Changed,
) -> dict[str, CustomerRef | Refused]:
    """A call each, all of one kind; ``changed`` lists records since a moment, asked once where any was sent before."""
    kind = news[0].kind
    path = f"/v2/{FIELDED[kind]}s"
    key = _key(http, fields, FIELDED[kind])
    since = min((each.since for each in news if each.since), default=None)
    there = _there(key, changed, path, since - EARLIER) if since else {}
    found: dict[str, CustomerRef | Refused] = {}
    for each in news:
        if each.key in there:
            found[each.key] = CustomerRef(kind, there[each.key])
            continue
        body = body_of(each.details, {}, own)
        if kind == "person":
            body["name"] = f"{each.first_name} {each.last_name}".strip()
        body["custom_fields"] = {**body.get("custom_fields", {}), key.code: each.key}
        try:
            answer = http.write("POST", path, content=json.dumps(body).encode())
        except Rejected as refusal:
            found[each.key] = Refused(" ".join(refusal.words) or "Pipedrive refused it without saying why.")
            continue
        data = answer.get("data")
        if answer.get("success") is True and isinstance(data, dict):
            found[each.key] = CustomerRef(kind, text(data.get("id")))
        else:
            found[each.key] = Refused(" ".join(access.words(answer)))
    return found


def _there(key: Field, changed: Changed, path: str, since: datetime) -> dict[str, str]:
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [row for page in changed(path, {"updated_since": moment}) for row in page]
    return {text((row.get("custom_fields") or {}).get(key.code)): text(row.get("id")) for row in rows}


def _key(http: Http, fields: Fields, kind: str) -> Field:
    """The field that keeps the key, found or made."""
    found = fields.named(kind, KEY)
    if not found:
        asked = {"field_name": LABEL, "field_type": "varchar"}
        http.write("POST", f"/v2/{kind}Fields", content=json.dumps(asked).encode())
        fields.read_again(kind)
        found = fields.named(kind, KEY)
    if len(found) != 1:
        words = (f'The {kind} has {len(found) or "no"} fields called "{LABEL}" in Pipedrive: one is needed.',)
        raise Rejected("pipedrive", f"POST /v2/{kind}Fields", words=words)
    return found[0]
