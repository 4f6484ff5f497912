"""A handful of the histories of payments that ``python -m tests.payments`` plays by the ten thousand."""

from __future__ import annotations

import pytest

from tests.payments.histories import Histories


@pytest.mark.parametrize("seed", range(3))
def test_the_deal_equals_xero_at_every_quiet_point(seed: int) -> None:
    assert Histories(seed, deals=4).play() == []
