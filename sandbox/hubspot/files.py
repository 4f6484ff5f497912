"""The file manager: uploads, which hang on nothing until a note names them.

https://developers.hubspot.com/docs/api-reference/2026-03/files/guide
"""

from __future__ import annotations

import json

from sandbox.forms import parts
from sandbox.hubspot.account import Account
from sandbox.hubspot.answers import answer, bad_request, not_found
from sandbox.hubspot.asked import Ask
from sandbox.wire import Response

_ACCESS = {"PUBLIC_INDEXABLE", "PUBLIC_NOT_INDEXABLE", "PRIVATE", "HIDDEN_INDEXABLE", "HIDDEN_NOT_INDEXABLE"}


def files(account: Account, asked: Ask) -> Response:
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
    told = {"id": key, "name": account.files[key][0], "access": access, "size": len(content), "archived": False}
    return answer({**told, "path": f"{fields.get('folderPath', '')}/{name}", "parentFolderId": "1"}, 201)
