"""The histories that every run of the tests plays, in pieces; a failure names its seed and its shortest tape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from tests.simulation.history import History
from tests.simulation.judges import breaches
from tests.simulation.occurred import occurred
from tests.simulation.shrink import report
from tests.simulation.tape import Tape

# In these few of each CRM everything happens that ever goes wrong; they are played apart from the others.
COVERING: dict[str, tuple[int, ...]] = {
    "hubspot": (84, 369, 375, 527, 756, 828, 1116, 1207, 1585, 1675, 1768, 1806, 1829, 2149, 3055, 4423, 4762, 7038),
    "pipedrive": (221, 386, 886, 967, 1171, 1452, 1461, 1723, 1961, 2091, 2235, 2370, 2464, 5591, 5794, 7165),
    "salesforce": (10, 285, 389, 746, 939, 1018, 1384, 1591, 1633, 1832, 2054, 2484, 2517),
}
SEEDS = 120
PIECE = 20
# The shortest tape is sought within a test's time limit.
MOST_PLAYED = 120


def pieces() -> list[range]:
    """The seeds of the short ones, a few a test."""
    return [range(first, first + PIECE) for first in range(0, SEEDS, PIECE)]


def name(seeds: Sequence[int]) -> str:
    return f"{seeds[0]} to {seeds[-1]}"


def hold(seed: int, *, short: bool = False) -> Counter[str]:
    """Play it, and fail where a judge objects; what happened in it."""
    tape = Tape.of(seed, short=short)
    result = History(tape).play()
    found = breaches(result)
    if found:
        listed = "\n".join(found)
        pytest.fail(f"seed {seed}:\n{listed}\n{report(tape, found[0], MOST_PLAYED)}", pytrace=False)
    return occurred(result)
