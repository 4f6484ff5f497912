"""``python -m tests.simulation.mutants [words]``: which of the defects the histories find, and how soon."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.simulation.mutants.catalogue import MUTANTS, Mutant

ROOT = Path(__file__).parents[3]
SOURCES = ("connectors", "domain", "ledger", "mappings", "sandbox", "stages", "templates", "tests", "desk")
OUT = Console(highlight=False, markup=False, soft_wrap=True)
_FIRST = re.compile(r"^seed (\d+): (\w+): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``judge`` that found it first, in the history number ``seeds``; "" if it survived them all."""

    mutant: Mutant
    judge: str
    seeds: int
    seconds: float
    said: str = ""


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    asked.add_argument("words", nargs="*", help="only the mutants whose names have these words")
    asked.add_argument("--seeds", type=int, default=1000, help="how many histories each has to survive")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    told = asked.parse_args()
    wanted = [m for m in MUTANTS if all(word in m.name for word in told.words)]
    with ThreadPoolExecutor(told.workers) as pool:
        verdicts = list(pool.map(_told, wanted, [told.seeds] * len(wanted)))
    OUT.print(_table(verdicts))
    survived = [v.mutant.name for v in verdicts if not v.judge]
    OUT.print(f"{len(verdicts) - len(survived)} of {len(verdicts)} found")
    return bool(survived)


def tried(mutant: Mutant, seeds: int) -> Verdict:
    """Play histories with this defect until one breaks."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for source in SOURCES:
            shutil.copytree(ROOT / source, copy / source, ignore=shutil.ignore_patterns("__pycache__"))
        place = copy / mutant.path
        place.write_text(seeded(mutant, place.read_text()))
        command = [sys.executable, "-m", "tests.simulation", "--to", str(seeds), "--until-it-fails", "--workers", "1"]
        played = subprocess.run(
            command, cwd=copy, env={**os.environ, "PYTHONPATH": folder}, capture_output=True, text=True, check=False
        )
    seconds = time.monotonic() - began
    found = _FIRST.search(played.stdout)
    if found:
        return Verdict(mutant, found[2], int(found[1]) + 1, seconds, found[3])
    if played.returncode:
        return Verdict(mutant, "it does not even run", 0, seconds, played.stderr[-300:])
    return Verdict(mutant, "", seeds, seconds)


def seeded(mutant: Mutant, text: str) -> str:
    """The source with the defect. Raises ``ValueError`` where it no longer fits."""
    if text.count(mutant.before) != 1:
        message = f"{mutant.name}: what it replaces stands {text.count(mutant.before)} times in {mutant.path}"
        raise ValueError(message)
    return text.replace(mutant.before, mutant.after)


def _told(mutant: Mutant, seeds: int) -> Verdict:
    verdict = tried(mutant, seeds)
    found = f"found by {verdict.judge} after {verdict.seeds}" if verdict.judge else "SURVIVED"
    OUT.print(f"{verdict.mutant.name}: {found} ({verdict.seconds:.0f} s) {verdict.said[:150]}")
    return verdict


def _table(verdicts: list[Verdict]) -> Table:
    table = Table("defect", "in", "found by", "after histories")
    for each in sorted(verdicts, key=lambda v: (v.judge != "", v.seeds)):
        table.add_row(each.mutant.name, each.mutant.path, each.judge or "nobody", str(each.seeds))
    return table


if __name__ == "__main__":
    sys.exit(main())
