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
    "hubspot": (21, 30, 33, 75, 91, 92, 113, 122, 165, 193, 219, 245, 263, 289, 368),
    "pipedrive": (8, 20, 29, 74, 83, 86, 99, 102, 164, 239, 246, 278, 295, 323, 347),
    "salesforce": (12, 39, 45, 50, 66, 89, 112, 125, 212, 220, 266, 275, 314, 320, 1828),
}
SEEDS = 60
PIECE = 20
# The shortest tape is sought within a test's time limit.
MOST_PLAYED = 120


def pieces(first: int, end: int) -> list[list[int]]:
    """Seeds of this stretch, a few a test."""
    apart = set().union(*COVERING.values())
    seeds = [seed for seed in range(first, end) if seed not in apart]
    return [seeds[start : start + PIECE] for start in range(0, len(seeds), PIECE)]


def name(seeds: Sequence[int]) -> str:
    return f"{seeds[0]} to {seeds[-1]}"


def hold(seed: int) -> Counter[str]:
    """Play it, and fail where a judge objects; what happened in it."""
    result = History(Tape.of(seed)).play()
    found = breaches(result)
    if found:
        listed = "\n".join(found)
        pytest.fail(f"seed {seed}:\n{listed}\n{report(Tape.of(seed), found[0], MOST_PLAYED)}", pytrace=False)
    return occurred(result)
