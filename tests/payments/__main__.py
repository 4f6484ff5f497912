"""``python -m tests.payments 10000``: play so many histories of payments, on every core."""

from __future__ import annotations

import os
import sys
from multiprocessing import Pool

from tests.payments.histories import DEALS, Histories


def play(seed: int) -> tuple[int, list[str]]:
    """Fifty histories of one seed, and what did not hold in them."""
    return seed, Histories(seed).play()


def main() -> int:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    seeds = range(first, first + -(-wanted // DEALS))
    broken = played = 0
    with Pool(os.cpu_count() or 1) as pool:
        for seed, found in pool.imap_unordered(play, seeds):
            played += DEALS
            broken += bool(found)
            for words in found[:5]:
                sys.stdout.write(f"seed {seed}: {words}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{played} histories of payments, {broken} seeds with something that did not hold\n")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
