"""Files: a document has versions, and hangs on records by links.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocument.htm
"""

from __future__ import annotations

import base64

from sandbox.salesforce.answers import not_found
from sandbox.salesforce.org import Org, Record
from sandbox.wire import Response


def publish(org: Org, version: Record) -> None:
    """A new version makes its document, and the link to where it was published first."""
    name = str(version.values["PathOnClient"])
    stem, _, ending = name.rpartition(".")
    told = {
        "Title": version.values.get("Title") or stem or name,
        "FileExtension": ending if stem else None,
        "ContentSize": len(base64.b64decode(version.values["VersionData"])),
        "LatestPublishedVersionId": version.id,
    }
    document = org.create("ContentDocument", told)
    org.write(version, {"ContentDocumentId": document.id})
    if place := version.values.get("FirstPublishLocationId"):
        link = {"ContentDocumentId": document.id, "LinkedEntityId": place, "ShareType": "V"}
        org.create("ContentDocumentLink", link)


def content(org: Org, version_id: str) -> Response:
    """What is in a version, as it is."""
    version = org.get("ContentVersion", version_id)
    if version is None:
        raise not_found()
    kind = {"Content-Type": "application/octet-stream"}
    return Response(200, base64.b64decode(version.values["VersionData"]), kind)
