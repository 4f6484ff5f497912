"""Files on Pipedrive's deals, which only version 1 has.

https://pipedrive.readme.io/docs/adding-a-file, https://developers.pipedrive.com/docs/api/v1/Files
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.contract import DealFile, HeldFile
from connectors.elsewhere import Elsewhere
from connectors.errors import Rejected, Unavailable
from connectors.http import Http
from connectors.multipart import form
from connectors.wire import Json

MOST = "100"


def put(http: Http, file: DealFile) -> None:
    """Put a PDF on the deal unless one of that name is there."""
    if _is_there(http, file.deal_id, file.name):
        return
    body, type_ = form({"deal_id": file.deal_id}, file.name, file.content)
    made = http.write("POST", "/v1/files", content=body, headers={"Content-Type": type_})
    if made.get("success") is not True:
        raise Rejected(http.system, "POST /v1/files", words=(str(made.get("error", "")),))


def of_deal(http: Http, deal_id: str) -> list[HeldFile]:
    """The files of a deal, but for those that were deleted."""
    found = [row for page in _pages(http, deal_id) for row in page if row.get("active_flag") is not False]
    return [HeldFile(str(row.get("id")), str(row.get("name")), int(row.get("file_size") or 0)) for row in found]


def read(http: Http, elsewhere: Elsewhere, file: HeldFile) -> bytes:
    """What is in a file, from there or from where we are sent: its page says only that a download begins."""
    return http.fetch("/v1/files/{id}/download", elsewhere.fetch, ids={"id": file.id})


def _is_there(http: Http, deal_id: str, name: str) -> bool:
    return any(row.get("name") == name for page in _pages(http, deal_id) for row in page)


def _pages(http: Http, deal_id: str) -> Iterator[list[Json]]:
    path, start = "/v1/deals/{id}/files", "0"
    while start:
        body = http.read("GET", path, ids={"id": deal_id}, params={"limit": MOST, "start": start})
        rows = body.get("data")
        if body.get("success") is not True or not (rows is None or isinstance(rows, list)):
            raise Unavailable(http.system, f"GET {path}", "an answer without sense")
        yield [row for row in rows or () if isinstance(row, dict)]
        pages = (body.get("additional_data") or {}).get("pagination") or {}
        start = str(pages.get("next_start")) if pages.get("more_items_in_collection") else ""
