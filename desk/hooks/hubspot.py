"""HubSpot's webhooks (https://developers.hubspot.com/docs/api-reference/latest/webhooks/guide)."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from hashlib import sha256
from typing import Any

from desk.hooks.delivery import Delivery, Key, News, Told, Vendor
from desk.hooks.reading import entries, ident, parsed

FRESH_FOR = 300_000
"""Milliseconds after which a signature is no longer good."""

# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
_DECODED = {"%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'"} | {
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
_DEAL, _LINE_ITEM = "0-3", "0-8"
# What subscriptions are called where they name the record's kind, instead of an objectTypeId.
_KINDS = {"deal": _DEAL, "line_item": _LINE_ITEM}


def signed(delivery: Delivery, key: Key) -> bool:
    """Version 3: method, the address called, raw body and time; no older than five minutes."""
    stamp = delivery.headers.get("x-hubspot-request-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 20):
        return False
    fresh = abs(delivery.now.timestamp() * 1000 - int(stamp)) <= FRESH_FOR
    given = delivery.headers.get("x-hubspot-signature-v3", "")
    return hmac.compare_digest(signature(key[0], delivery.url, delivery.body, stamp), given.encode()) and fresh


def signature(secret: str, url: str, body: bytes, stamp: str) -> bytes:
    """What HubSpot writes into ``X-HubSpot-Signature-v3`` for a POST."""
    source = b"POST" + decoded(url).encode() + body + stamp.encode()
    return base64.b64encode(hmac.digest(secret.encode(), source, sha256))


def decoded(url: str) -> str:
    """The address as it is signed: some of its escapes undone, the others left."""
    for code, sign in _DECODED.items():
        url = url.replace(code, sign).replace(code.lower(), sign)
    return url


def misdirected(delivery: Delivery, key: Key) -> bool:
    """Whether the signature is good for the address that was called, and only ours is configured wrongly."""
    return signed(replace(delivery, url=delivery.called), key)


def read(body: bytes) -> News:
    """The deals that changed; of a line item only that one did, unless the event links it to its deal."""
    told: list[Told] = []
    for event in entries(parsed(body)):
        account = ident(event.get("portalId"))
        fields = frozenset({str(event["propertyName"])}) if "propertyName" in event else frozenset[str]()
        told += [Told(account, "deals", deal, fields) for deal in _deals(event)]
    return News(tuple(told))


def _deals(event: dict[str, Any]) -> list[str]:
    """Ids of deals; an empty one for "some deal", none for what deals don't depend on."""
    prefix, _, what = str(event.get("subscriptionType", "")).partition(".")
    kind = event.get("objectTypeId") if prefix == "object" else _KINDS.get(prefix)
    match what:
        case "associationChange":
            link = str(event.get("associationType", ""))
            deals = [event.get(end) for end, here in _ends(link) if here == "DEAL"]
            return [ident(deal) for deal in deals]
        case "merge" if kind == _DEAL:
            return [ident(event.get(name)) for name in ("primaryObjectId", "newObjectId") if event.get(name)]
        case _ if kind == _DEAL:
            return [ident(event.get("objectId"))]
        case _:
            return [""] if kind == _LINE_ITEM else []


def _ends(link: str) -> list[tuple[str, str]]:
    """Which end of a link is what: ``LINE_ITEM_TO_DEAL``."""
    one, _, other = link.partition("_TO_")
    return [("fromObjectId", one), ("toObjectId", other)]


HUBSPOT = Vendor(secrets=("client_secret",), signed=signed, read=read, misdirected=misdirected)
