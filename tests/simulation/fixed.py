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

# In these few everything happens that ever goes wrong; they are played apart from the others.
COVERING = (21, 58, 70, 92, 97, 163, 201, 243, 263, 268, 289, 299)
SEEDS = 400
PIECE = 20
# The shortest tape is sought within a test's time limit.
MOST_PLAYED = 120


def pieces(first: int, end: int) -> list[list[int]]:
    """Seeds of this stretch, a few a test."""
    seeds = [seed for seed in range(first, end) if seed not in COVERING]
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
