"""A receiver of webhooks in front of the demo's pair, and vendors that call it without a socket."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from desk.hooks.receiver import Receiver
from ledger import endpoints, inbox, links
from ledger.database import Ledger, engine_for
from ledger.tables import Endpoint
from sandbox.clock import HandClock
from sandbox.wire import Response
from stages.settings import Settings
from tests.support.house import NOON
from tests.support.ledgers import empty

DEMO = Path(__file__).parents[2] / "mappings"
PUBLIC = "https://hooks.harbourline.example"
PORTAL = 24680135
KEYS = {
    "demo-xero": {"webhook_key": "xero-key", "tenant_id": "c0ffee00-0000-4000-a000-000000000001"},
    "demo-hubspot": {"client_secret": "hubspot-secret"},
}
IDS = {"xero": "a" * 32, "hubspot": "b" * 32, "pipedrive": "c" * 32, "salesforce": "d" * 32}
NEVER, GONE = b"never", b"gone"
"""Pieces of a body that don't come, and after which the caller has gone."""


class Door:
    """The receiver, and what came of calling it: ``woken`` lists (pair, stream) in order.

    A wake-up takes as long as ``may_ring`` is not set.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mappings: Path = DEMO,
        keys: Mapping[str, Mapping[str, str]] = KEYS,
        ends: Mapping[str, tuple[str, str]] | None = None,
        patience: float = 2.0,
        read_within: float = 5.0,
        base_url: str = PUBLIC,
        **settings: Any,
    ) -> None:
        """``ends``: id of an endpoint → (pair, system); the demo's two without it."""
        self.clock = HandClock(NOON)
        self.woken: list[tuple[str, str]] = []
        self.may_ring = threading.Event()
        self.may_ring.set()
        self.seconds = 0.0
        (folder / "ledger.db").write_bytes(empty())
        self.url = f"sqlite:///{folder / 'ledger.db'}"
        self.ledger = Ledger(engine_for(self.url, patience), self.clock)
        connections = {name: {k: SecretStr(v) for k, v in items.items()} for name, items in keys.items()}
        self.settings = Settings(mappings=mappings, connections=connections, home=folder, **settings)
        ends = ends or {IDS[system]: ("demo", system) for system in ("xero", "hubspot")}
        with self.ledger.write() as session:
            for endpoint, (pair, system) in ends.items():
                endpoints.ensure(session, pair, system, endpoint, self.clock())
        self.receiver = Receiver(
            self.settings,
            self.ledger,
            self._ring,
            base_url,
            now=lambda: self.seconds,
            gather=0.0,
            read_within=read_within,
        )

    def _ring(self, pair: str, stream: str) -> bool:
        self.woken.append((pair, stream))
        return self.may_ring.wait(30)

    # ── calling ──

    async def acall(
        self,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        caller: str = "192.0.2.1",
        pieces: list[bytes] | None = None,
    ) -> Response:
        """One HTTP call as a server hands it on; ``pieces`` instead of ``body`` come one by one."""
        given = {"host": "internal:8080", **(headers or {})}
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(k.lower().encode(), v.encode("utf-8", "surrogateescape")) for k, v in given.items()],
            "client": (caller, 1234),
        }
        parts = list(pieces if pieces is not None else [body])
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if parts and parts[0] is NEVER:
                await asyncio.sleep(30)
            if parts and parts[0] is GONE:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": parts.pop(0) if parts else b"", "more_body": bool(parts)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.receiver(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        content = b"".join(m.get("body", b"") for m in sent[1:])
        return Response(sent[0]["status"], content, found)

    def call(self, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, **more: Any) -> Response:
        return asyncio.run(self.acall(path, body, headers, **more))

    def xero(self, *events: Mapping[str, Any], first: int = 1, key: str = "xero-key", **more: Any) -> Response:
        body = xero_body(*events, first=first)
        return self.call(f"/hooks/xero/{IDS['xero']}", body, {"x-xero-signature": xero_signature(body, key)}, **more)

    def hubspot(self, *events: Mapping[str, Any], secret: str = "hubspot-secret", **more: Any) -> Response:
        body = json.dumps([{"portalId": PORTAL, **event} for event in events]).encode()
        return self.call(hubspot_path(), body, self.hubspot_headers(body, secret=secret), **more)

    def hubspot_headers(
        self, body: bytes, *, secret: str = "hubspot-secret", url: str = "", age: timedelta = timedelta(0)
    ) -> dict[str, str]:
        stamp = str(int((self.clock() - age).timestamp() * 1000))
        source = f"POST{url or PUBLIC + hubspot_path()}".encode() + body + stamp.encode()
        return {
            "x-hubspot-signature-v3": base64.b64encode(hmac.digest(secret.encode(), source, sha256)).decode(),
            "x-hubspot-request-timestamp": stamp,
        }

    # ── what is to be seen ──

    def noticed(self, stream: str = inbox.DEALS, pair: str = "demo") -> set[str]:
        """The records that wait in the inbox."""
        with self.ledger.write() as session:
            taken = inbox.take(session, pair, stream, self.clock(), 100_000)
            inbox.give_back(session, pair, stream, sorted(taken.versions))
        return set(taken.versions)

    def endpoint(self, system: str, pair: str = "demo") -> Endpoint:
        with self.ledger.read() as session:
            return endpoints.of_pair(session, pair)[system]

    def link(self, invoice: str, deal: str = "1", pair: str = "demo") -> None:
        """This invoice is a deal's."""
        with self.ledger.write() as session:
            links.link(
                session, pair, links.INVOICE, f"deal {deal}", invoice, now=self.clock(), how="created", deal_id=deal
            )


@contextmanager
def door(folder: Path, **more: Any) -> Generator[Door]:
    """A door that is open; what it counted and whom it woke is complete once the block has ended."""
    made = Door(folder, **more)
    with made.receiver:
        yield made


def hubspot_path() -> str:
    return f"/hooks/hubspot/{IDS['hubspot']}"


def xero_body(*events: Mapping[str, Any], first: int = 1) -> bytes:
    tenant = KEYS["demo-xero"]["tenant_id"]
    content = {
        "events": [{"tenantId": tenant, "tenantType": "ORGANISATION", "eventType": "UPDATE", **e} for e in events],
        "firstEventSequence": first if events else 0,
        "lastEventSequence": first + len(events) - 1 if events else 0,
        "entropy": "SFHJDKTBCVMXWQPO",
    }
    return json.dumps(content).encode()


def xero_signature(body: bytes, key: str = "xero-key") -> str:
    return base64.b64encode(hmac.digest(key.encode(), body, sha256)).decode()


def invoice_event(invoice: str, **more: Any) -> dict[str, Any]:
    return {"eventCategory": "INVOICE", "resourceId": invoice, **more}


def deal_event(deal: int | str, field: str = "dealstage", **more: Any) -> dict[str, Any]:
    return {
        "subscriptionType": "object.propertyChange",
        "objectTypeId": "0-3",
        "objectId": deal,
        "propertyName": field,
        **more,
    }
