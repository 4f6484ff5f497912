"""Files on HubSpot's deals: a private file, and a note of the deal that it is attached to.

https://developers.hubspot.com/docs/api-reference/2026-03/files/guide, of which no later version is described
"""

from __future__ import annotations

import json

from connectors import hubspot_notes
from connectors.contract import DealFile, DealNote
from connectors.errors import OutcomeUnknown
from connectors.http import Http
from connectors.multipart import form

PATH = "/files/2026-03/files"
FOLDER = "/wonbooks"


def put(http: Http, version: str, file: DealFile) -> None:
    """Put a PDF on the deal unless a note with one of that name is there.

    What a lost answer can leave is a second file in our folder, which hangs on nothing.
    """
    note = DealNote(file.deal_id, file.name, file.name, file.at)
    if hubspot_notes.found(http, version, note):
        return
    fields = {"fileName": file.name, "folderPath": FOLDER, "options": json.dumps({"access": "PRIVATE"})}
    body, type_ = form(fields, file.name, file.content)
    file_id = str(http.write("POST", PATH, content=body, headers={"Content-Type": type_}).get("id") or "")
    if not file_id:
        raise OutcomeUnknown(http.system, f"POST {PATH}", "an answer without sense")
    hubspot_notes.create(http, version, note, {"hs_attachment_ids": file_id})
