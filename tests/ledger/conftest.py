"""A ledger and a clock moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ledger.database import Ledger, ledger_in_memory
from sandbox.clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 11, 25, 1, 0, tzinfo=UTC))


@pytest.fixture
def ledger(clock: HandClock) -> Ledger:
    return ledger_in_memory(clock)
