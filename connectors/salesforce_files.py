"""Files on Salesforce's opportunities.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
"""

from __future__ import annotations

import base64

from connectors.contract import DealFile, HeldFile
from connectors.http import Http
from connectors.salesforce_queries import Queries, as_bytes, select
from connectors.salesforce_reading import Row


def put(http: Http, queries: Queries, file: DealFile) -> None:
    """Publish a PDF to the opportunity unless one of that name was.

    As part of JSON it may have 37.5 MB:
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_insert_update_blob.htm
    """
    of_deal = f"WHERE FirstPublishLocationId = '{_sound(file.deal_id)}'"
    there = queries.rows(select(("PathOnClient",), "ContentVersion", of_deal))
    if any(row.get("PathOnClient") == file.name for page in there for row in page):
        return
    made = {
        "Title": file.name.removesuffix(".pdf"),
        "PathOnClient": file.name,
        "VersionData": base64.b64encode(file.content).decode(),
        "FirstPublishLocationId": file.deal_id,
    }
    http.write("POST", "/sobjects/ContentVersion", content=as_bytes(made))


def of_deal(queries: Queries, deal_id: str) -> list[HeldFile]:
    """The files that hang on the opportunity, wherever they were published, each in its latest version.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm
    """
    names = ("LatestPublishedVersionId", "Title", "FileExtension", "ContentSize")
    asked = select(
        (f"ContentDocument.{name}" for name in names),
        "ContentDocumentLink",
        f"WHERE LinkedEntityId = '{_sound(deal_id)}'",
    )
    papers = [row.get("ContentDocument") or {} for page in queries.rows(asked) for row in page]
    return [
        HeldFile(str(paper["LatestPublishedVersionId"]), _name(paper), int(paper.get("ContentSize") or 0))
        for paper in papers
        if paper.get("LatestPublishedVersionId")
    ]


def _name(paper: Row) -> str:
    """Its title, with the ending that a title leaves out unless somebody typed it."""
    title, ending = str(paper.get("Title") or "file"), f".{paper.get('FileExtension') or ''}".rstrip(".")
    return title if title.lower().endswith(ending.lower()) else title + ending


def _sound(deal_id: str) -> str:
    # An id is letters and digits: ``by_id`` would leave out any other.
    if not deal_id.isalnum():
        raise ValueError("not an id of Salesforce's")
    return deal_id
