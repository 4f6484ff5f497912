"""The quarter that the stories of the report are told of, lived through once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.quarter import Quarter


@pytest.fixture(scope="session")
def lived() -> Quarter:
    """Three months with fourteen discrepancies; the report has not been made yet. To be looked at, not changed."""
    quarter = Quarter()
    quarter.live(deals_a_month=5)
    quarter.go_wrong()
    quarter.until(datetime(2027, 3, 1, 20, 0, tzinfo=UTC))
    return quarter


@pytest.fixture
def quarter(lived: Quarter) -> Quarter:
    """One of one's own."""
    return lived.twin()
