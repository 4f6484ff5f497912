"""The picture of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.running import Measured

INK, OURS, THEIRS, LAST = "#1f2a37", "#0f766e", "#b45309", "#d97706"
HATCHES = ("", "//", "..")


def draw(
    path: Path, sides: Sequence[Measured], sizes: Sequence[int], customers: Sequence[float], deals: Sequence[float]
) -> None:
    """What went wrong, what it cost, and how the cost grows, side by side; told apart without colour too."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "text.color": INK}):
        figure = Figure(figsize=(10, 3.4), layout="constrained")
        FigureCanvasAgg(figure)
        wrong, cost, growth = figure.subplots(1, 3)
        of = {
            "second\ninvoices": [side.duplicates for side in sides],
            "lost\ndeals": [side.lost for side in sides],
            "wrong\npayments": [side.wrong_payments for side in sides],
        }
        _bars(wrong, of, [side.name for side in sides], "What went wrong, deals")
        _bars(cost, {"Xero\ncalls": [s.xero_calls / s.deals for s in sides]}, [], "What a deal costs")
        cost.set_xlabel("")
        growth.plot(sizes, [s * 1000 for s in customers], "o-", color=OURS, label="contacts in Xero")
        growth.plot(sizes, [s * 1000 for s in deals], "s--", color=THEIRS, label="deals in the ledger")
        growth.set_xscale("log")
        growth.set_ylim(bottom=0)
        growth.set_title("Wonbooks: CPU of a deal, ms, as it grows", fontsize=9)
        growth.legend(frameon=False)
        figure.savefig(path, dpi=110)


def _bars(axes: Any, groups: dict[str, list[float]] | dict[str, list[int]], names: list[str], title: str) -> None:
    colours = (OURS, THEIRS, LAST)
    count = len(next(iter(groups.values())))
    for n in range(count):
        places = [place + (n - (count - 1) / 2) * 0.27 for place in range(len(groups))]
        heights = [values[n] for values in groups.values()]
        label = names[n] if names else None
        bars = axes.bar(places, heights, 0.25, color=colours[n], hatch=HATCHES[n], edgecolor="white", label=label)
        axes.bar_label(bars, fmt="%.3g", padding=2)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_title(title, fontsize=9)
    axes.set_ylim(0, 1.2 * max(1, *(each for values in groups.values() for each in values)))
    if names:
        axes.legend(frameon=False)
