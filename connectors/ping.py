"""A sign of life for a monitor that raises the alarm when it no longer comes: one GET, and only the status counts."""

from __future__ import annotations

import httpx

from connectors.errors import Unavailable
from connectors.wire import TooLarge, Wire

SYSTEM = "monitor"
CALL = "GET the ping address"


def ping(wire: Wire, path: str) -> None:
    """Raises ``Unavailable``; the address is a secret, and never told."""
    try:
        status = wire.send("GET", path).status
    except (httpx.RequestError, TooLarge) as trouble:
        raise Unavailable(SYSTEM, CALL, f"can't be reached ({type(trouble).__name__})") from None
    if status >= 400:
        raise Unavailable(SYSTEM, CALL, f"answered {status}")
