"""Many histories as tests: what breaks is told with its seed and the shortest tape, and what happened is counted."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.simulation.history import History
from tests.simulation.judges import breaches
from tests.simulation.occurred import occurred
from tests.simulation.shrink import report
from tests.simulation.tape import Tape

# A thousand seeds that are always the same, four files of them; each file has fifty fresh ones more.
A_FILE = 250
A_TEST = 25
FIXED = range(A_FILE // A_TEST)
FRESH = range(2)
# How often each thing happens at least within the seeds of one file.
ENOUGH = 2
# The shortest tape is sought within a test's time limit.
MOST_PLAYED = 120


@functools.cache
def played(seeds: Iterable[int]) -> Counter[str]:
    """Play these seeds; what happened in them. Fails at the first that breaks."""
    happened = Counter[str]()
    for seed in seeds:
        result = History(Tape.of(seed)).play()
        found = breaches(result)
        if found:
            listed = "\n".join(found)
            pytest.fail(f"seed {seed}:\n{listed}\n{report(Tape.of(seed), found[0], MOST_PLAYED)}", pytrace=False)
        happened += occurred(result)
    return happened


def fixed(first: int, number: int) -> range:
    """The seeds of one test of a file that begins with ``first``."""
    return range(first + number * A_TEST, first + (number + 1) * A_TEST)


def fresh() -> range:
    """Seeds that nobody has played yet; those that break tell their number, by which they can be played again."""
    begin = int.from_bytes(os.urandom(5))
    return range(begin, begin + A_TEST)
