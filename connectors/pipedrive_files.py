"""Files on Pipedrive's deals, which only version 1 has.

https://pipedrive.readme.io/docs/adding-a-file, https://developers.pipedrive.com/docs/api/v1/Files
"""

from __future__ import annotations

from connectors.contract import DealFile
from connectors.errors import Rejected, Unavailable
from connectors.http import Http
from connectors.multipart import form

MOST = "100"


def put(http: Http, file: DealFile) -> None:
    """Put a PDF on the deal unless one of that name is there."""
    if _is_there(http, file.deal_id, file.name):
        return
    body, type_ = form({"deal_id": file.deal_id}, file.name, file.content)
    made = http.write("POST", "/v1/files", content=body, headers={"Content-Type": type_})
    if made.get("success") is not True:
        raise Rejected(http.system, "POST /v1/files", words=(str(made.get("error", "")),))


def _is_there(http: Http, deal_id: str, name: str) -> bool:
    path, start = "/v1/deals/{id}/files", "0"
    while True:
        body = http.read("GET", path, ids={"id": deal_id}, params={"limit": MOST, "start": start})
        rows = body.get("data")
        if body.get("success") is not True or not (rows is None or isinstance(rows, list)):
            raise Unavailable(http.system, f"GET {path}", "an answer without sense")
        if any(isinstance(row, dict) and row.get("name") == name for row in rows or ()):
            return True
        pages = (body.get("additional_data") or {}).get("pagination") or {}
        if not pages.get("more_items_in_collection"):
            return False
        start = str(pages.get("next_start"))
