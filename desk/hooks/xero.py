"""Xero's webhooks (https://developer.xero.com/documentation/guides/webhooks/overview/)."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from desk.hooks.delivery import Delivery, Key, News, Told, Unreadable, Vendor
from desk.hooks.reading import entries, ident, parsed


def signed(delivery: Delivery, key: Key) -> bool:
    """HMAC over the raw body; the key is used as the text it is, not decoded.

    https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/
    """
    digest = hmac.digest(key[0].encode(), delivery.body, sha256)
    given = delivery.headers.get("x-xero-signature", "")
    return hmac.compare_digest(base64.b64encode(digest), given.encode())


def read(body: bytes) -> News:
    """The invoices that changed. An intent to receive tells nothing: its list is empty, its numbers are 0."""
    content = parsed(body)
    if not isinstance(content, dict):
        raise Unreadable("not an object")
    told = [news for event in entries(content.get("events")) if (news := _told(event)) is not None]
    return News(tuple(told), _number(content.get("firstEventSequence")), _number(content.get("lastEventSequence")))


def _told(event: dict[str, Any]) -> Told | None:
    """An event carries no state and a bill looks like an invoice: the ledger knows which are ours.

    Money that settles an invoice may come with a note of its own (credit notes, pre- and overpayments) that does not
    name the invoice. Contacts are read when they are needed.
    """
    account = ident(event.get("tenantId"))
    match event.get("eventCategory"):
        case "INVOICE":
            return Told(account, "invoices", _uuid(event.get("resourceId")), at=_moment(event.get("eventDateUtc")))
        case "CREDITNOTE" | "PREPAYMENT" | "OVERPAYMENT":
            return Told(account, "invoices")
        case _:
            return None


def _uuid(value: Any) -> str:
    """An id as Xero writes it, empty for anything else."""
    try:
        return str(UUID(value)) if isinstance(value, str) else ""
    except ValueError:
        return ""


def _moment(value: Any) -> datetime | None:
    """A moment as Xero writes it, in UTC without saying so; ``None`` for anything else."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else None
    except ValueError:
        return None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 2**62 else 0


XERO = Vendor(secrets=("webhook_key",), signed=signed, read=read)
