"""The simulator itself: one seed is one history to the byte, kept tapes hold, and what fails is made short."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.history import History
from tests.simulation.judges import breaches
from tests.simulation.shrink import fewest
from tests.simulation.tape import Tape, kept

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
SEEDS = range(5000, 5006)
TRACES = f"""
import hashlib
from tests.simulation.history import History
from tests.simulation.tape import Tape
for seed in range({SEEDS.start}, {SEEDS.stop}):
    print(hashlib.sha256("\\n".join(History(Tape.of(seed)).play().trace).encode()).hexdigest())
"""


def test_the_same_seed_is_the_same_history_in_every_process() -> None:
    here = [hashlib.sha256("\n".join(History(Tape.of(seed)).play().trace).encode()).hexdigest() for seed in SEEDS]
    there = subprocess.run(
        [sys.executable, "-c", TRACES],
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == here


def test_different_seeds_are_different_histories() -> None:
    assert len({tuple(History(Tape.of(seed)).play().trace) for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("name", sorted(kept()))
def test_what_went_wrong_once_does_so_no_more(name: str) -> None:
    assert breaches(History(kept()[name]).play()) == []


def test_a_tape_written_down_and_read_again_is_the_same_history() -> None:
    result = History(Tape.of(SEEDS.start)).play()
    assert result.struck is not None
    again = History(Tape.read(result.struck.text())).play()
    assert again.trace == result.trace


def test_what_fails_is_made_as_short_as_it_can_be() -> None:
    assert fewest(list(range(100)), lambda some: {3, 97} <= set(some)) == [3, 97]
