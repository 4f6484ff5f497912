"""Files on deals: version 1 only.

https://developers.pipedrive.com/docs/api/v1/Files, https://pipedrive.readme.io/docs/adding-a-file
"""

from __future__ import annotations

from typing import Any

from sandbox.forms import parts
from sandbox.pipedrive.account import ROBOT, Account
from sandbox.pipedrive.answers import Refusal, done
from sandbox.pipedrive.asked import Ask, whole
from sandbox.wire import Request, Response

STORAGE = "storage.pipedrive.example"
"""Where files are kept: invented, for Pipedrive promises no host."""


def files(account: Account, ask: Ask, rest: tuple[str, ...]) -> Response:
    match (ask.method, *rest):
        case ("POST",):
            return _upload(account, ask)
        case ("GET", key, "download") if key.isdigit() and int(key) in account.contents:
            place = f"https://{STORAGE}/signed/{key}?Signature=s3cret"
            return Response(302, b"", {"Location": place, "Content-Type": "text/html"})
        case _:
            raise Refusal(404, "File not found.")


def stored(account: Account, request: Request) -> Response:
    """A file by its signed address, which takes no key: one that is shown is a key given away."""
    key = int(request.path.removeprefix("/signed/") or 0)
    if request.query != {"Signature": "s3cret"} or {"authorization", "x-api-token"} & set(request.headers):
        return Response(403, b"Forbidden", {"Content-Type": "text/html"})
    return Response(200, account.contents[key], {"Content-Type": "application/octet-stream"})


def keep(account: Account, deal_id: int, name: str, content: bytes) -> dict[str, Any]:
    """A file on a deal."""
    ending = name.rpartition(".")[2]
    told = {"name": name, "file_name": name, "file_size": len(content), "file_type": ending, "active_flag": True}
    row = {"id": 1 + len(account.files), **told, "deal_id": deal_id, "user_id": ROBOT}
    account.files.append(row)
    account.contents[int(row["id"])] = content
    return row


def _upload(account: Account, ask: Ask) -> Response:
    try:
        fields, name, content = parts(ask.request)
    except ValueError:
        raise Refusal(400, "No file was uploaded") from None
    deal_id = whole("deal_id", fields.get("deal_id", ""))
    if account.get("deals", deal_id) is None:
        raise Refusal(400, "deal_id is invalid")
    return done(keep(account, deal_id, name, content))


def of_deal(account: Account, ask: Ask, deal_id: str) -> Response:
    """Pages by number, as version 1 has them."""
    found = [row for row in account.files if row["deal_id"] == whole("id", deal_id)]
    start, limit = whole("start", ask.given("start") or "0"), ask.limit()
    more = len(found) > start + limit
    pages: dict[str, Any] = {"start": start, "limit": limit, "more_items_in_collection": more}
    pages |= {"next_start": start + limit} if more else {}
    return done([dict(row) for row in found[start : start + limit]], pagination=pages)
