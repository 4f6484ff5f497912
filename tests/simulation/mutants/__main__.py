"""``python -m tests.simulation.mutants [words]``: which story fails with each defect, which judge objects."""

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
from rich.table import Column, Table

from tests.simulation.mutants.deals import DEALS
from tests.simulation.mutants.invoices import INVOICES
from tests.simulation.mutants.mutant import Mutant

MUTANTS = (*INVOICES, *DEALS)
ROOT = Path(__file__).parents[3]
SOURCES = ("connectors", "domain", "ledger", "mappings", "sandbox", "stages", "templates", "tests", "desk")
STORY = ("pytest", "-x", "--tb=no", "-p", "no:cacheprovider")
HISTORIES = ("tests.simulation", "--until-it-fails", "--workers", "1", "--to")
OUT = Console(highlight=False, markup=False, soft_wrap=True)
_FAILED = re.compile(r"^FAILED \S+::(\w+)", re.MULTILINE)
_FIRST = re.compile(r"^seed (\d+): (\w+): ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ``story`` that failed and the ``judge`` that objected in history number ``seeds``; "" where none did."""

    mutant: Mutant
    story: str
    judge: str
    seeds: int


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    asked.add_argument("words", nargs="*", help="only the mutants whose names have these words")
    asked.add_argument("--seeds", type=int, default=1000, help="how many histories each has to survive")
    asked.add_argument("--stories", action="store_const", const=0, dest="seeds", help="the stories only, no histories")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    told = asked.parse_args()
    wanted = [m for m in MUTANTS if all(word in m.name for word in told.words)]
    with ThreadPoolExecutor(told.workers) as pool:
        verdicts = list(pool.map(_told, wanted, [told.seeds] * len(wanted)))
    OUT.print(_table(verdicts))
    survived = [v.mutant.name for v in verdicts if not v.story and not v.judge]
    OUT.print(f"{len(verdicts) - len(survived)} of {len(verdicts)} found")
    return bool(survived)


def tried(mutant: Mutant, seeds: int) -> Verdict:
    """Tell its story with this defect, and play histories until one breaks."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(ROOT / "pyproject.toml", copy)
        for source in SOURCES:
            shutil.copytree(ROOT / source, copy / source)
        place = copy / mutant.path
        place.write_text(seeded(mutant, place.read_text()))
        failed = _FAILED.search(_run(copy, *STORY, mutant.story))
        broken = _FIRST.search(_run(copy, *HISTORIES, str(seeds))) if seeds else None
    return Verdict(
        mutant, failed[1] if failed else "", broken[2] if broken else "", int(broken[1]) + 1 if broken else seeds
    )


def seeded(mutant: Mutant, text: str) -> str:
    """The source with the defect. Raises ``ValueError`` where it no longer fits."""
    if text.count(mutant.before) != 1:
        message = f"{mutant.name}: what it replaces stands {text.count(mutant.before)} times in {mutant.path}"
        raise ValueError(message)
    return text.replace(mutant.before, mutant.after)


def _run(copy: Path, *module: str) -> str:
    around = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", *module]
    return subprocess.run(command, cwd=copy, env=around, capture_output=True, text=True, check=False).stdout


def _told(mutant: Mutant, seeds: int) -> Verdict:
    began = time.monotonic()
    verdict = tried(mutant, seeds)
    OUT.print(f"{mutant.name}: {', '.join(_found(verdict)) or 'SURVIVED'} ({time.monotonic() - began:.0f} s)")
    return verdict


def _found(verdict: Verdict) -> list[str]:
    by = [verdict.story] if verdict.story else []
    return [*by, f"{verdict.judge} after {verdict.seeds}"] if verdict.judge else by


def _table(verdicts: list[Verdict]) -> Table:
    table = Table("defect", Column("story that fails", overflow="fold"), "judge that objects first", "after histories")
    for each in sorted(verdicts, key=lambda v: (v.judge != "", v.seeds)):
        table.add_row(each.mutant.name, each.story or "none", each.judge or "none", str(each.seeds))
    return table


if __name__ == "__main__":
    sys.exit(main())
