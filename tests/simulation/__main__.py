"""``python -m tests.simulation 17 18``: play these seeds; ``--from 0 --to 1000``: all of them, on both cores."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

from tests.simulation.history import History
from tests.simulation.judges import breaches
from tests.simulation.shrink import judged, shrunk
from tests.simulation.tape import Tape

Played = tuple[int, list[str], list[str]]


def play(seed: int) -> Played:
    """The seed, what did not hold, and the kinds of trouble that struck."""
    result = History(Tape.of(seed)).play()
    assert result.struck is not None
    return seed, breaches(result), [trouble.kind for trouble in (result.struck.troubles or {}).values()]


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    asked.add_argument("seeds", type=int, nargs="*")
    asked.add_argument("--from", dest="first", type=int, default=0)
    asked.add_argument("--to", type=int, default=0)
    asked.add_argument("--trace", action="store_true", help="print every gate")
    asked.add_argument("--tape", type=Path, help="play this tape")
    asked.add_argument("--shrink", action="store_true", help="print the shortest tape of each failure")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    told = asked.parse_args()
    if told.tape:
        return _show(Tape.read(told.tape.read_text()), trace=told.trace, shrink=told.shrink)
    if told.seeds:
        return max([_show(Tape.of(seed), trace=told.trace, shrink=told.shrink) for seed in told.seeds])
    return _all(range(told.first, told.to), told.workers)


def _show(tape: Tape, *, trace: bool, shrink: bool) -> int:
    result = History(tape).play()
    found = breaches(result)
    if trace:
        print("\n".join(result.trace))
    for breach in found:
        print(f"seed {tape.seed}: {breach}")
    if found and shrink:
        print(report(tape, found[0]))
    return bool(found)


def report(tape: Tape, breach: str) -> str:
    """The shortest tape at which the first judge objects, to be kept in ``tapes/``."""
    written, _ = judged(tape)
    short = shrunk(written, breach.split(":", maxsplit=1)[0])
    return f"python -m tests.simulation {tape.seed}\n{short.text()}"


def _all(seeds: range, workers: int) -> int:
    began, kinds, failed = time.monotonic(), Counter[str](), 0
    for seed, found, struck in _played(seeds, workers):
        kinds.update(struck)
        failed += bool(found)
        for breach in found:
            print(f"seed {seed}: {breach}", flush=True)
    seconds = time.monotonic() - began
    print(f"{len(seeds)} seeds in {seconds:.0f} s, {len(seeds) / seconds:.1f} a second; {failed} failed")
    print(f"{kinds.total()} troubles struck: " + ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
    return bool(failed)


def _played(seeds: range, workers: int) -> Iterator[Played]:
    if workers == 1:
        yield from map(play, seeds)
        return
    with Pool(workers) as pool:
        yield from pool.imap(play, seeds, chunksize=8)


if __name__ == "__main__":
    sys.exit(main())
