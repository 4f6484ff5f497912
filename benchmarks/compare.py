"""Wonbooks beside a plain script on the vendors' own clients: the same seeded day, the same doubles, the same trouble.

    python -m benchmarks.compare              a day of 1,000 won deals, a backlog of as many, growth, docs/benchmark.png
    python -m benchmarks.compare --deals 100 --no-growth

What came of it is judged by what the doubles hold and by their logs. CPU is that of the side at work alone.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import growth
from benchmarks.day import prepared
from benchmarks.drawing import draw
from benchmarks.running import QUIET, Measured, Side, worked
from benchmarks.script_side import ScriptSide
from benchmarks.town import Town
from benchmarks.wonbooks_side import Wonbooks

PICTURE = Path(__file__).parents[1] / "docs" / "benchmark.png"
SIZES = (100, 1_000, 10_000)
A_DAY = 24 * 3600.0
MOST_BACKLOG_CALLS, MOST_IDLE_CALLS, MOST_CPU = 120, 200, 0.020
OUT = Console(highlight=False, width=100)

Open = Callable[[Town, Path], Side]
SIDES: tuple[Open, ...] = (
    lambda town, folder: Wonbooks(town.url, town.day.clock, town.sleep, folder),
    lambda town, _: ScriptSide(town, 1),
    lambda town, _: ScriptSide(town, 50),
)
Row = tuple[str, Callable[[Measured], str]]
RESULT: tuple[Row, ...] = (
    ("second invoices approved", lambda m: str(m.duplicates)),
    ("deals lost", lambda m: str(m.lost)),
    ("deals waiting for a person", lambda m: str(m.asked)),
    ("wrong totals", lambda m: str(m.wrong_totals)),
    ("payments not as in Xero", lambda m: str(m.wrong_payments)),
    ("second contacts", lambda m: str(m.second_contacts)),
)
COST: tuple[Row, ...] = (
    ("Xero calls a deal", lambda m: f"{m.xero_calls / m.deals:.2f}"),
    ("CRM calls a deal", lambda m: f"{m.crm_calls / m.deals:.2f}"),
    ("kB read from Xero a deal", lambda m: f"{m.xero_bytes / m.deals / 1000:.0f}"),
    ("calls refused for their number", lambda m: str(m.refused_calls)),
    ("own CPU, ms a deal", lambda m: f"{m.cpu * 1000:.0f}"),
)
OF_A_DAY: tuple[Row, ...] = (
    *RESULT,
    *COST,
    ("won → number on the deal, p50 s", lambda m: f"{m.wait(0.5):.0f}"),
    ("the same, p95 s", lambda m: f"{m.wait(0.95):.0f}"),
)
OF_A_BACKLOG: tuple[Row, ...] = (
    *RESULT,
    *COST,
    ("Xero calls for all", lambda m: str(m.xero_calls)),
    ("drained after, s", lambda m: f"{m.drained:.0f}"),
    ("Xero calls of an idle day after it", lambda m: str(m.idle_calls)),
)


def main() -> None:
    """Measure, show, draw; ends with 1 where a target of ours is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare")
    parser.add_argument("--deals", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-growth", action="store_true")
    told = parser.parse_args()
    logging.disable(logging.CRITICAL)  # the script tells of every stumble

    day = [_measured(open_side, told.deals, told.seed) for open_side in track(SIDES, "The day", console=OUT)]
    OUT.print(table(f"A day of {told.deals} won deals", OF_A_DAY, day))
    backlog = [
        _measured(open_side, told.deals, told.seed, backlog=True) for open_side in track(SIDES, "Backlog", console=OUT)
    ]
    OUT.print(table(f"A backlog of {told.deals} won deals", OF_A_BACKLOG, backlog))
    if told.no_growth:
        return
    customers = [growth.among_customers(size) for size in track(SIZES, "More contacts", console=OUT)]
    deals = [growth.among_deals(size) for size in track(SIZES, "More deals", console=OUT)]
    OUT.print(growing(customers, deals))
    draw(PICTURE, day, SIZES, customers, deals)
    sys.exit(1 if missed(day[0], backlog[0], customers, deals) else 0)


def _measured(open_side: Open, deals: int, seed: int, *, backlog: bool = False) -> Measured:
    day = prepared(deals, seed=seed, at_once=backlog, payments=not backlog)
    with tempfile.TemporaryDirectory() as folder:
        return worked(Town(day), lambda town: open_side(town, Path(folder)), QUIET + (A_DAY if backlog else 0))


def table(title: str, rows: Sequence[Row], sides: Sequence[Measured]) -> Table:
    """A row a figure, a column a side."""
    shown = Table("", *(side.name for side in sides), title=title)
    for column in shown.columns[1:]:
        column.justify = "right"
    for label, figure in rows:
        shown.add_row(label, *map(figure, sides))
    return shown


def growing(customers: Sequence[float], deals: Sequence[float]) -> Table:
    """Own CPU of a deal as the index and the ledger grow."""
    shown = Table("own CPU, ms a deal", *(f"{size:,}" for size in SIZES), title="As it grows")
    shown.add_row("contacts in Xero", *(f"{seconds * 1000:.0f}" for seconds in customers))
    shown.add_row("deals in the ledger", *(f"{seconds * 1000:.0f}" for seconds in deals))
    return shown


def missed(day: Measured, backlog: Measured, customers: Sequence[float], deals: Sequence[float]) -> list[str]:
    """The targets that were not reached, each said."""
    flat = max(customers[-1] / customers[0], deals[-1] / deals[0])
    found = {
        "second invoices": day.duplicates + backlog.duplicates > 0,
        "lost deals": day.lost + backlog.lost > 0,
        f"more than {MOST_BACKLOG_CALLS} Xero calls for a backlog": backlog.xero_calls > MOST_BACKLOG_CALLS,
        f"more than {MOST_IDLE_CALLS} Xero calls in an idle day": backlog.idle_calls > MOST_IDLE_CALLS,
        f"more than {MOST_CPU * 1000:.0f} ms of CPU a deal": statistics.fmean(deals) > MOST_CPU,
        "CPU grows with what is there": flat > 1.5,
    }
    for said in (words for words, is_so in found.items() if is_so):
        OUT.print(f"missed: {said}", style="bold")
    return [words for words, is_so in found.items() if is_so]


if __name__ == "__main__":
    main()
