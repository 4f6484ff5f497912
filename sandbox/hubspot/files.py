"""The file manager: uploads, which hang on nothing until a note names them.

https://developers.hubspot.com/docs/api-reference/2026-03/files/guide
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sandbox.forms import parts
from sandbox.hubspot.account import Account
from sandbox.hubspot.answers import answer, bad_request, iso, not_found
from sandbox.hubspot.asked import Ask
from sandbox.wire import Request, Response

_ACCESS = {"PUBLIC_INDEXABLE", "PUBLIC_NOT_INDEXABLE", "PRIVATE", "HIDDEN_INDEXABLE", "HIDDEN_NOT_INDEXABLE"}


STORAGE = "storage.hubspot.example"
"""Where files are kept: invented, for HubSpot promises no host."""


def files(account: Account, asked: Ask) -> Response:
    match (asked.method, *asked.parts):
        case ("GET", key, *rest) if key in account.files and rest in ([], ["signed-url"]):
            return answer(_signed(key, account) if rest else _told(key, account))
        case _:
            return _upload(account, asked)


def stored(account: Account, request: Request) -> Response:
    """A file by its signed address, which takes no key: one that is shown is a key given away."""
    key = request.path.removeprefix("/signed/")
    if request.query != {"Signature": "s3cret"} or "authorization" in request.headers:
        return Response(403, b"Forbidden", {"Content-Type": "text/html"})
    if key not in account.files:
        return Response(404, b"Not found", {"Content-Type": "text/html"})
    return Response(200, account.files[key][1], {"Content-Type": "application/octet-stream"})


def _told(key: str, account: Account) -> dict[str, Any]:
    name, content = account.files[key]
    stem, _, ending = name.rpartition(".")
    path = f"{account.folders.get(key, '')}/{name}"
    return {"id": key, "name": stem, "extension": ending, "path": path, "size": len(content), "access": "PRIVATE"}


def _signed(key: str, account: Account) -> dict[str, Any]:
    """https://developers.hubspot.com/docs/api-reference/files-files-v3/files/get-files-v3-files-fileId-signed-url"""
    told = {name: value for name, value in _told(key, account).items() if name in {"name", "extension", "size"}}
    expires = iso(account.now() + timedelta(hours=1))
    return {**told, "type": "DOCUMENT", "url": f"https://{STORAGE}/signed/{key}?Signature=s3cret", "expiresAt": expires}


def _upload(account: Account, asked: Ask) -> Response:
    if (asked.method, asked.version, asked.parts) != ("POST", "2026-03", ()):
        raise not_found()
    try:
        fields, name, content = parts(asked.request)
        access = json.loads(fields.get("options", "")).get("access")
    except (ValueError, AttributeError):
        raise bad_request("A file and its options are required") from None
    if access not in _ACCESS:
        raise bad_request("options.access is required")
    if not fields.get("folderPath") and not fields.get("folderId"):
        raise bad_request("Either folderId or folderPath must be provided")
    key = str(200_000_000_000 + len(account.files))
    account.files[key] = (fields.get("fileName") or name, content)
    account.folders[key] = fields.get("folderPath", "")
    told = {"id": key, "name": account.files[key][0], "access": access, "size": len(content), "archived": False}
    return answer({**told, "path": f"{fields.get('folderPath', '')}/{name}", "parentFolderId": "1"}, 201)
