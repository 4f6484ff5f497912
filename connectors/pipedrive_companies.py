"""Organisations made in Pipedrive under a key of ours. It knows no upsert, so a try that was made before is looked for.

https://developers.pipedrive.com/docs/api/v1/Organizations
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from connectors import pipedrive_access as access
from connectors.contract import NewCompany, Refused
from connectors.errors import Rejected
from connectors.http import Http
from connectors.pipedrive_fields import Fields
from connectors.pipedrive_reading import Field, Row, body_of, text
from domain.records import CustomerRef

Changed: TypeAlias = Callable[[str, Mapping[str, str]], Iterator[list[Row]]]
"""Reads a list, by its path and what is asked of it, page by page."""
KEY = "xero_contact_id"
LABEL = "Xero contact id"
EARLIER = timedelta(minutes=5)


def made(
    http: Http,
    fields: Fields,
    own: Mapping[str, Field],
    news: Sequence[NewCompany],
    changed: Changed,
) -> dict[str, CustomerRef | Refused]:
    """A call each; ``changed`` lists the organisations since a moment, asked once where any was sent before."""
    key = _key(http, fields)
    since = min((each.since for each in news if each.since), default=None)
    there = _there(key, changed, since - EARLIER) if since else {}
    found: dict[str, CustomerRef | Refused] = {}
    for each in news:
        if each.key in there:
            found[each.key] = CustomerRef("company", there[each.key])
            continue
        body = body_of(each.details, {}, own)
        body["custom_fields"] = {**body.get("custom_fields", {}), key.code: each.key}
        try:
            answer = http.write("POST", "/v2/organizations", content=json.dumps(body).encode())
        except Rejected as refusal:
            found[each.key] = Refused(" ".join(refusal.words) or "Pipedrive refused it without saying why.")
            continue
        data = answer.get("data")
        if answer.get("success") is True and isinstance(data, dict):
            found[each.key] = CustomerRef("company", text(data.get("id")))
        else:
            found[each.key] = Refused(" ".join(access.words(answer)))
    return found


def _there(key: Field, changed: Changed, since: datetime) -> dict[str, str]:
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [row for page in changed("/v2/organizations", {"updated_since": moment}) for row in page]
    return {text((row.get("custom_fields") or {}).get(key.code)): text(row.get("id")) for row in rows}


def _key(http: Http, fields: Fields) -> Field:
    """The field that keeps the key, found or made."""
    found = fields.named("organization", KEY)
    if not found:
        asked = {"field_name": LABEL, "field_type": "varchar"}
        http.write("POST", "/v2/organizationFields", content=json.dumps(asked).encode())
        fields.read_again("organization")
        found = fields.named("organization", KEY)
    if len(found) != 1:
        words = (f'The organisation has {len(found) or "no"} fields called "{LABEL}" in Pipedrive: one is needed.',)
        raise Rejected("pipedrive", "POST /v2/organizationFields", words=words)
    return found[0]
