"""Files on Salesforce's opportunities.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
"""

from __future__ import annotations

import base64

from connectors.contract import DealFile
from connectors.http import Http
from connectors.salesforce_queries import Queries, as_bytes, select


def put(http: Http, queries: Queries, file: DealFile) -> None:
    """Publish a PDF to the opportunity unless one of that name was.

    As part of JSON it may have 37.5 MB:
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_insert_update_blob.htm
    """
    # An id is letters and digits: ``by_id`` would leave out any other.
    if not file.deal_id.isalnum():
        raise ValueError("not an id of Salesforce's")
    of_deal = f"WHERE FirstPublishLocationId = '{file.deal_id}'"
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
