"""The histories that every run of the tests plays, in pieces; a failure names its seed and its shortest tape."""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.simulation.history import History
from tests.simulation.judges import breaches
from tests.simulation.occurred import occurred
from tests.simulation.shrink import report
from tests.simulation.tape import Tape

# In these few of each CRM everything happens that ever goes wrong; they are played apart from the others.
COVERING: dict[str, tuple[int, ...]] = {
    "hubspot": (
        375, 1081, 1116, 1278, 1661, 1794, 1829, 1992, 2136, 2142, 2201, 2332, 2337, 2391, 3050, 3055, 3178,
        3828, 4172, 4258, 4803, 4828, 5642,
    ),
    "pipedrive": (
        71, 258, 264, 280, 740, 1082, 1112, 1257, 1471, 1887, 2235, 2464, 2574, 2855, 3193, 3249, 3305,
        4158, 5601, 5923,
    ),
    "salesforce": (
        51, 146, 147, 243, 389, 938, 1018, 1697, 2140, 2286, 2915, 3085, 3168, 3708, 3799, 4150, 4199, 4402,
        5179, 5282,
    ),
}  # fmt: skip
SEEDS = 1000
FRESH = 200
PIECE = 20
ROOT = Path(__file__).parents[2]
# Whose sources a history runs through.
PLAYED = ("domain", "connectors", "ledger", "mappings", "sandbox", "stages", "tests/simulation")
# The shortest tape is sought within a test's time limit.
MOST_PLAYED = 120


def pieces() -> list[range]:
    """The seeds of the short ones that are always the same, a few a test."""
    return [range(first, first + PIECE) for first in range(0, SEEDS, PIECE)]


def fresh(piece: int) -> range:
    """Seeds that were never played with these sources, and will be whenever they are: the sources draw them."""
    first = 1_000_000 + _drawn() * FRESH + piece * PIECE
    return range(first, first + PIECE)


@functools.cache
def _drawn() -> int:
    drawn = hashlib.sha256()
    for path in sorted(path for folder in PLAYED for path in (ROOT / folder).rglob("*.py")):
        drawn.update(path.read_bytes())
    return int(drawn.hexdigest()[:6], 16)


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
