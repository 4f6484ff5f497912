"""Files on HubSpot's deals: a private file, and a note of the deal that it is attached to.

https://developers.hubspot.com/docs/api-reference/2026-03/files/guide, of which no later version is described
"""

from __future__ import annotations

import json

from connectors import hubspot_activities, hubspot_notes
from connectors.contract import DealFile, DealNote, HeldFile
from connectors.elsewhere import Elsewhere
from connectors.errors import Gone, OutcomeUnknown
from connectors.http import Http
from connectors.multipart import form
from connectors.wire import Json

PATH = "/files/2026-03/files"
FOLDER = "/wonbooks"
# https://developers.hubspot.com/docs/api-reference/files-files-v3/files/get-files-v3-files-fileId-signed-url
ONE = "/files/v3/files/{id}"


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


def of_deal(http: Http, version: str, deal_id: str) -> list[HeldFile]:
    """The files that are attached to what was done about the deal, but for those that we put there."""
    said = hubspot_activities.of_deal(http, version, deal_id, "hs_attachment_ids")
    ids = dict.fromkeys(id_ for each in said for id_ in each.split(";") if id_)
    found = [row for id_ in ids if (row := _one(http, id_)) and not str(row.get("path")).startswith(f"{FOLDER}/")]
    return [HeldFile(str(row.get("id")), _name(row), int(row.get("size") or 0)) for row in found]


def read(http: Http, elsewhere: Elsewhere, file: HeldFile) -> bytes:
    """What is in a file, from the address that HubSpot names for a while."""
    return elsewhere.fetch(str(http.read("GET", f"{ONE}/signed-url", ids={"id": file.id}).get("url") or ""))


def _one(http: Http, file_id: str) -> Json:
    try:
        return http.read("GET", ONE, ids={"id": file_id})
    except Gone:  # deleted since, and still named by the note
        return {}


def _name(row: Json) -> str:
    """Its name stands there without the ending."""
    name, ending = str(row.get("name") or "file"), f".{row.get('extension') or ''}".rstrip(".")
    return name if name.lower().endswith(ending.lower()) else name + ending
