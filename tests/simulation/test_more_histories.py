"""The other half of the seeded histories that every run of the tests plays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.simulation.fixed import SEEDS, hold, name, pieces

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("seeds", pieces(SEEDS // 2, SEEDS), ids=name)
def test_nothing_breaks_in_the_other_half(seeds: Sequence[int]) -> None:
    for seed in seeds:
        hold(seed)
