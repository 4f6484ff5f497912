"""Notes on HubSpot's deals.

https://developers.hubspot.com/docs/api-reference/latest/crm/activities/notes/guide
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from connectors.contract import DealNote
from connectors.errors import Gone
from connectors.http import Http
from connectors.hubspot_activities import MOST, said
from connectors.hubspot_answers import results

# Note → deal.
NOTE_TO_DEAL = 214


def put(http: Http, version: str, note: DealNote) -> str:
    """Write the note; one that nobody knows by its id is looked for on the deal first. Its id."""
    properties = {"hs_note_body": as_html(note.text)}
    path = f"/crm/objects/{version}/notes"
    if note_id := note.id or found(http, version, note):
        try:
            content = _bytes({"properties": properties})
            http.write("PATCH", f"{path}/{{id}}", ids={"id": note_id}, content=content)
        except Gone:
            pass
        else:
            return note_id
    return create(http, version, note, {})


def create(http: Http, version: str, note: DealNote, more: Mapping[str, str]) -> str:
    """A new note, with further properties. Its id."""
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": NOTE_TO_DEAL}]
    stamped = {"hs_note_body": as_html(note.text), "hs_timestamp": note.at.isoformat(), **more}
    asked = {"properties": stamped, "associations": [{"to": {"id": note.deal_id}, "types": types}]}
    return str(http.write("POST", f"/crm/objects/{version}/notes", content=_bytes(asked)).get("id"))


def found(http: Http, version: str, note: DealNote) -> str:
    """The id of the deal's note that bears the mark; "" where there is none."""
    path = f"/crm/associations/{version}/deals/notes/batch/read"
    linked = results(http.read("POST", path, content=_bytes({"inputs": [{"id": note.deal_id}]})), path)
    ids = [str(each.get("toObjectId")) for row in linked for each in row.get("to") or ()][-MOST:]
    bodies = said(http, version, "notes", ids, "hs_note_body")
    return next((id_ for id_, body in bodies.items() if note.mark in body), "")


def as_html(text: str) -> str:
    """Plain lines as the HTML that notes are made of."""
    return "<br>".join(html.escape(line) for line in text.splitlines())


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
