"""Two workers, and two records of one customer in the CRM, at once: one contact in Xero, both deals billed to it."""

from __future__ import annotations

import pytest

from tests.crashes.one_contact import play


@pytest.mark.parametrize("seed", range(6))
def test_one_customer_at_once_in_two_records_and_two_hands_is_one_contact(seed: int) -> None:
    assert play(seed) == ""
