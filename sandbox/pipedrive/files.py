"""Files on deals: version 1 only.

https://developers.pipedrive.com/docs/api/v1/Files, https://pipedrive.readme.io/docs/adding-a-file
"""

from __future__ import annotations

from typing import Any

from sandbox.forms import parts
from sandbox.pipedrive.account import ROBOT, Account
from sandbox.pipedrive.answers import Refusal, done
from sandbox.pipedrive.asked import Ask, whole
from sandbox.wire import Response


def files(account: Account, ask: Ask, rest: tuple[str, ...]) -> Response:
    if (ask.method, *rest) != ("POST",):
        raise Refusal(404, "File not found.")
    try:
        fields, name, content = parts(ask.request)
    except ValueError:
        raise Refusal(400, "No file was uploaded") from None
    deal_id = whole("deal_id", fields.get("deal_id", ""))
    if account.get("deals", deal_id) is None:
        raise Refusal(400, "deal_id is invalid")
    told = {"name": name, "file_name": name, "file_size": len(content), "file_type": "pdf", "active_flag": True}
    row = {"id": 1 + len(account.files), **told, "deal_id": deal_id, "user_id": ROBOT}
    account.files.append(row)
    return done(row)


def of_deal(account: Account, ask: Ask, deal_id: str) -> Response:
    """Pages by number, as version 1 has them."""
    found = [row for row in account.files if row["deal_id"] == whole("id", deal_id)]
    start, limit = whole("start", ask.given("start") or "0"), ask.limit()
    more = len(found) > start + limit
    pages: dict[str, Any] = {"start": start, "limit": limit, "more_items_in_collection": more}
    pages |= {"next_start": start + limit} if more else {}
    return done([dict(row) for row in found[start : start + limit]], pagination=pages)
