"""Carrying the sandbox's webhooks over real HTTP, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from sandbox.webhooks import Webhooks
from sandbox.wire import Response

PATIENCE = 5.0
EVERY = 0.05
"""Seconds between two looks at what happened."""


def post(url: str, headers: Mapping[str, str], body: bytes) -> Response | None:
    """Post over HTTP; ``None`` when nobody answers within the vendors' five seconds."""
    parts = urlsplit(url)
    door = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = door(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("POST", parts.path, body, dict(headers))
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return Response(answer.status, content, {name.lower(): value for name, value in answer.getheaders()})


class Courier:
    """Sends what is due, again and again. ``lock`` is held while it looks at the world, not while it posts."""

    def __init__(self, webhooks: Webhooks, lock: AbstractContextManager[Any]) -> None:
        self._webhooks = webhooks
        self._lock = lock
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ending.wait(EVERY):
            with self._lock:
                self._webhooks.gather()
            self._webhooks.send()
