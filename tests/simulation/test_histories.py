"""Seeded histories: whatever goes wrong, no deal is lost or invoiced twice, and all comes to rest.

In most of them little happens, so that there can be many; ``make simulate`` plays any number, and longer ones.
Most seeds are always the same; some are new whenever the sources are, and the same again for the same sources.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from tests.simulation.fixed import COVERING, FRESH, PIECE, fresh, hold, name, pieces
from tests.simulation.occurred import wanted
from tests.simulation.tape import Tape

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("crm", COVERING)
def test_everything_that_can_go_wrong_does_in_a_few_of_them_and_nothing_breaks(crm: str) -> None:
    happened = Counter[str]()
    for seed in COVERING[crm]:
        assert Tape.of(seed).setting.crm == crm
        happened += hold(seed)
    assert [what for what in wanted(crm) if not happened[what]] == []


@pytest.mark.parametrize("seeds", pieces(), ids=name)
def test_nothing_breaks_in_the_same_short_histories_as_always(seeds: Sequence[int]) -> None:
    for seed in seeds:
        hold(seed, short=True)


@pytest.mark.parametrize("piece", range(FRESH // PIECE))
def test_nothing_breaks_in_short_histories_that_these_sources_were_never_played_with(piece: int) -> None:
    for seed in fresh(piece):
        hold(seed, short=True)
