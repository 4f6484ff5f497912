"""That the flows run at all: each run leaves a beat in the ledger, and long silence is told from it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from connectors.errors import Throttled
from ledger import beats
from ledger.database import Ledger

DEALS, INVOICES = "deals-to-invoices", "invoices-to-deals"
WATCHED = (DEALS, INVOICES)
"""They run every fifteen minutes, whether anything has changed or not."""


@contextmanager
def beating(ledger: Ledger, pair: str, flow: str) -> Generator[None]:
    """A run of this flow, well ended or not; that the day's calls are used up is no failure."""
    failed = True
    try:
        yield
        failed = False
    except Throttled as limit:
        failed = not limit.daily
        raise
    finally:
        with ledger.write() as session:
            beats.note(session, pair, flow, ledger.now(), failed=failed)
