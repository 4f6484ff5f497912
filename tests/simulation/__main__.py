"""``python -m tests.simulation 17 18``: play these seeds; ``--from 0 --to 1000``: all of them, on every core."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation.crms import SIDES
from tests.simulation.history import History
from tests.simulation.judges import breaches
from tests.simulation.occurred import occurred, wanted
from tests.simulation.shrink import report
from tests.simulation.tape import Tape

OUT = Console(highlight=False, markup=False, soft_wrap=True)
# The seed, its CRM, what did not hold, what happened.
Played = tuple[int, str, list[str], Counter[str]]


def play(seed: int, crm: str = "", *, short: bool = False) -> Played:
    """One history; a program error in it is a breach too."""
    tape = Tape.of(seed, crm, short=short)
    crm = tape.setting.crm
    try:
        result = History(tape).play()
        return seed, crm, breaches(result), occurred(result)
    except Exception as error:  # noqa: BLE001 - told like any other breach
        at = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{error}".partition("\n")[0]
        return seed, crm, [f"no_program_failed: {type(error).__name__} {said} at {at.filename}:{at.lineno}"], Counter()


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    asked.add_argument("seeds", type=int, nargs="*")
    asked.add_argument("--from", dest="first", type=int, default=0)
    asked.add_argument("--to", type=int, default=0)
    asked.add_argument("--crm", choices=tuple(SIDES), default="", help="not the one that the seed draws")
    asked.add_argument("--short", action="store_true", help="less happens in each, as in those of every test run")
    asked.add_argument("--trace", action="store_true", help="print every gate")
    asked.add_argument("--tape", type=Path, help="play this tape")
    asked.add_argument("--shrink", action="store_true", help="print the shortest tape of each failure")
    asked.add_argument("--until-it-fails", action="store_true", help="end with the first failure")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    told = asked.parse_args()
    if told.tape:
        return _show(Tape.read(told.tape.read_text()), trace=told.trace, shrink=told.shrink)
    if told.seeds:
        tapes = [Tape.of(seed, told.crm, short=told.short) for seed in told.seeds]
        return max([_show(tape, trace=told.trace, shrink=told.shrink) for tape in tapes])
    return _all(range(told.first, told.to), told)


def _show(tape: Tape, *, trace: bool, shrink: bool) -> int:
    result = History(tape).play()
    found = breaches(result)
    if trace:
        OUT.print("\n".join(result.trace))
    for breach in found:
        OUT.print(f"seed {tape.seed}: {breach}")
    if found and shrink:
        OUT.print(report(tape, found[0]))
    return bool(found)


def _all(seeds: range, told: argparse.Namespace) -> int:
    began, failed, played = time.monotonic(), 0, 0
    happened: dict[str, Counter[str]] = defaultdict(Counter)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failed]} failed"), TimeRemainingColumn())
    with Progress(*columns, console=OUT, disable=not OUT.is_terminal) as progress:
        task = progress.add_task("", total=len(seeds), failed=0)
        for seed, crm, found, occurrences in _played(seeds, told):
            played += 1
            happened[crm] += occurrences + Counter({"histories": 1})
            failed += bool(found)
            progress.update(task, advance=1, failed=failed)
            for breach in found:
                progress.console.print(f"seed {seed}: {breach} ({crm})")
            if found and told.shrink:
                progress.console.print(report(Tape.of(seed, told.crm, short=told.short), found[0]))
            if found and told.until_it_fails:
                break
    seconds = time.monotonic() - began
    OUT.print(f"{played} histories in {seconds:.0f} s, {played / seconds:.1f} a second; {failed} failed")
    for crm, counted in sorted(happened.items()):
        OUT.print(f"What happened in those of {crm}: " + ", ".join(f"{what} {n}" for what, n in counted.most_common()))
        if never := [what for what in wanted(crm) if not counted[what]]:
            OUT.print("What never happened: " + ", ".join(never))
    return bool(failed)


def _played(seeds: range, told: argparse.Namespace) -> Iterator[Played]:
    one = functools.partial(play, crm=told.crm, short=told.short)
    if told.workers == 1:
        yield from map(one, seeds)
        return
    with Pool(told.workers) as pool:
        yield from pool.imap(one, seeds, chunksize=8)


if __name__ == "__main__":
    sys.exit(main())
