"""Seeded histories: whatever goes wrong, no deal is lost or invoiced twice, and all comes to rest.

The seeds are always the same; ``make simulate`` plays any number of others.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.simulation.history import History
from tests.simulation.judges import breaches
from tests.simulation.shrink import report
from tests.simulation.tape import Tape

pytestmark = pytest.mark.timeout(900)
SEEDS = [range(begin + part, begin + part + 25) for begin in (0, 250, 500, 750) for part in (0, 25)]
# The shortest tape is sought within a test's time limit.
MOST_PLAYED = 120


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_nothing_breaks_in_the_same_histories_as_always(seeds: Sequence[int]) -> None:
    for seed in seeds:
        found = breaches(History(Tape.of(seed)).play())
        if found:
            listed = "\n".join(found)
            pytest.fail(f"seed {seed}:\n{listed}\n{report(Tape.of(seed), found[0], MOST_PLAYED)}", pytrace=False)
