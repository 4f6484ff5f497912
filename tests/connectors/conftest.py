"""What the tests of connectors share."""

from __future__ import annotations

import pytest

from tests.support.crm_accounts import ACCOUNTS, Account


@pytest.fixture(params=sorted(ACCOUNTS))
def at(request: pytest.FixtureRequest) -> Account:
    """An account of each CRM in turn."""
    return ACCOUNTS[request.param]()
