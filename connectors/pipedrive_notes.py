"""Notes on Pipedrive's deals, which only version 1 has.

https://developers.pipedrive.com/docs/api/v1/Notes
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from connectors.contract import DealNote
from connectors.errors import Gone, Rejected, Unavailable
from connectors.http import Http
from connectors.wire import Json

PATH = "/v1/notes"
MOST = "500"


def put(http: Http, note: DealNote) -> str:
    """Write the note; one that nobody knows by its id is looked for on the deal first. Its id.

    A deal takes so many notes and no more, so there is one of ours that changes.
    """
    content = "<br>".join(html.escape(line) for line in note.text.splitlines())
    if note_id := note.id or _found(http, note):
        try:
            http.write("PUT", f"{PATH}/{{id}}", ids={"id": note_id}, content=_bytes({"content": content}))
        except Gone:
            pass
        else:
            return note_id
    made = http.write("POST", PATH, content=_bytes({"content": content, "deal_id": int(note.deal_id)}))
    data = made.get("data")
    if made.get("success") is not True or not isinstance(data, dict):
        raise Rejected(http.system, f"POST {PATH}", words=(str(made.get("error", "")),))
    return str(data.get("id"))


def _found(http: Http, note: DealNote) -> str:
    body = http.read("GET", PATH, params={"deal_id": note.deal_id, "limit": MOST})
    return next((str(row.get("id")) for row in _rows(body) if note.mark in str(row.get("content"))), "")


def _rows(body: Json) -> list[Mapping[str, Any]]:
    rows = body.get("data")
    if body.get("success") is not True or not (rows is None or isinstance(rows, list)):
        raise Unavailable("pipedrive", f"GET {PATH}", "an answer without sense")
    return [row for row in rows or () if isinstance(row, dict)]


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
