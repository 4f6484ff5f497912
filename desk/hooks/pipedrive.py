"""Pipedrive's webhooks, version 2 (https://pipedrive.readme.io/docs/guide-for-webhooks-v2)."""

from __future__ import annotations

import base64
import hmac
from typing import Any

from desk.hooks.delivery import Delivery, Key, News, Told, Unreadable, Vendor
from desk.hooks.reading import ident, parsed


def signed(delivery: Delivery, key: Key) -> bool:
    """Nothing is signed: the name and password are those that the webhook was made with, by us or by hand."""
    wanted = b"Basic " + base64.b64encode(":".join(key).encode())
    return hmac.compare_digest(wanted, delivery.headers.get("authorization", "").encode())


def read(body: bytes) -> News:
    """The deal that changed; one event a request.

    Ids in ``meta`` are text, in ``data`` numbers: https://pipedrive.readme.io/docs/webhooks-v2-migration-guide
    """
    content = parsed(body)
    meta = content.get("meta") if isinstance(content, dict) else None
    if not isinstance(meta, dict):
        raise Unreadable("meta is missing")
    # The account is known by the first word of its address, as in acme.pipedrive.com.
    account = ident(str(meta.get("host", "")).partition(".")[0])
    match meta.get("entity"):
        case "deal":
            # A merge is the end of one deal and a change of the other.
            deals = [meta.get(name) for name in ("entity_id", "merged_to_id", "merged_from_id")]
            return News(tuple(Told(account, "deals", ident(deal)) for deal in deals if deal))
        case "deal_product" | "deal_installment":
            return News((Told(account, "deals", _deal_of(content)),))
        case _:
            return News(())


def _deal_of(content: dict[str, Any]) -> str:
    """The deal a line belongs to; a deleted line has only what it was."""
    for part in (content.get("data"), content.get("previous")):
        if isinstance(part, dict) and ident(part.get("deal_id")):
            return ident(part["deal_id"])
    return ""


PIPEDRIVE = Vendor(secrets=("webhook_user", "webhook_password"), signed=signed, read=read, chosen=True)
