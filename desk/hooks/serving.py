"""Serving the receiver over HTTP, as a process of its own or on a thread."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from desk.hooks.receiver import Receiver
from ledger.database import Ledger, open_ledger
from stages.opening import Surroundings
from stages.settings import Settings
from tasks.wake import announce, server_here, wake

CONNECTIONS = 500
PATIENCE = 2.0
"""Seconds a commit waits for the database: whoever sent us something waits too."""


class Patient(H11Protocol):
    """A connection that ends unless a first request is there in time: so many seconds for all of its head.

    The server itself limits only how long a connection may wait between requests.
    """

    head_within = 5.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(self.head_within, self._end_if_silent)

    def _end_if_silent(self) -> None:
        if cast("Any", self.scope) is None and not self.transport.is_closing():
            self.transport.close()


def receiver(settings: Settings, base_url: str, ledger: Ledger | None = None) -> Receiver:
    """The receiver as this installation has it; ``base_url`` where the settings name no other."""
    ledger = ledger or open_ledger(settings.ledger_url, Surroundings().now, patience=PATIENCE)
    ring = partial(wake if settings.wake_by == "run" else announce, server=server_here())
    return Receiver(settings, ledger, ring, settings.hooks_url or base_url)


def server(
    app: Receiver, settings: Settings, host: str, port: int, protocol: type[Patient] = Patient
) -> uvicorn.Server:
    """The HTTP server; what a proxy says of a caller counts only from proxies in the settings."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_level="warning",
        limit_concurrency=CONNECTIONS,
        proxy_headers=bool(settings.hooks_proxy),
        forwarded_allow_ips=settings.hooks_proxy or None,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
