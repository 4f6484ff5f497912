"""The plots of a report and of a digest, each with the words and figures it shows for whoever doesn't see it.

Bars are told apart by hatching, not by colour.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.digest import Digest
from domain.money import show
from domain.month import Age, Month, Row, Week
from domain.period import shown
from domain.records import Day

_INK = "#1c2530"
_FILLS = ("#d5e3ea", "#7fa8b8", "#2c5f73")
_HATCHES = ("///", "", "xxx")
_UNTIL_INVOICE = ((0, "same day"), (1, "1 day"), (3, "2–3 days"), (7, "4–7 days"), (30, "8–30 days"))
_UNTIL_PAID = ((7, "up to 7 days"), (14, "8–14 days"), (30, "15–30 days"), (60, "31–60 days"), (90, "61–90 days"))


@dataclass(frozen=True, slots=True)
class Plot:
    """``series`` are named rows of figures, one under each of ``labels``; ``words`` say the gist in a sentence."""

    title: str
    words: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[Decimal, ...]], ...]
    currency: str = ""

    def said(self, figure: Decimal) -> str:
        return show(figure, self.currency) if self.currency else f"{figure:f}"

    @property
    def is_empty(self) -> bool:
        return not any(figure for _, figures in self.series for figure in figures)


def plots(month: Month) -> list[Plot]:
    """The four plots of a month."""
    ageing = _ageing(month.ages, month.read_on, month.currency)
    return [ageing, _weeks(month.weeks, month.currency), _until_invoice(month.won), _until_paid(month.won)]


def plots_of_week(digest: Digest) -> list[Plot]:
    """The two that say more than a week's figures: what came before it, and how late is what is due."""
    drawn = [_weeks(digest.weeks, digest.currency), _ageing(digest.ages, digest.today, digest.currency)]
    return [plot for plot in drawn if not plot.is_empty]


def _ageing(ages: Sequence[Age], day: Day, currency: str) -> Plot:
    due = tuple(age.due for age in ages)
    late = sum(due[1:], Decimal(0))
    words = f"{show(sum(due, Decimal(0)), currency)} is due, {show(late, currency)} of it late."
    return Plot(f"What is due on {shown(day)}", words, tuple(age.label for age in ages), (("due", due),), currency)


def _weeks(weeks: Sequence[Week], currency: str) -> Plot:
    series = tuple((name, tuple(getattr(week, name) for week in weeks)) for name in ("won", "invoiced", "paid"))
    totals = ", ".join(f"{show(sum(figures, Decimal(0)), currency)} {name}" for name, figures in series)
    labels = tuple(f"{week.monday.day} {week.monday:%b}" for week in weeks)
    return Plot("Won, invoiced, paid by week", f"In these weeks: {totals}.", labels, series, currency)


def _until_invoice(rows: Sequence[Row]) -> Plot:
    days = [(r.invoiced_on - r.closed_on).days for r in rows if r.invoiced_on and r.closed_on and r.invoices]
    return _days("From won to invoice", days, _UNTIL_INVOICE, "more than 30 days", "invoiced deal")


def _until_paid(rows: Sequence[Row]) -> Plot:
    days = [(r.paid_on - r.invoiced_on).days for r in rows if r.paid_on and r.invoiced_on]
    return _days("From invoice to paid", days, _UNTIL_PAID, "more than 90 days", "paid invoice")


def _days(title: str, days: Sequence[int], steps: Sequence[tuple[int, str]], rest: str, what: str) -> Plot:
    counts = dict.fromkeys([*(label for _, label in steps), rest], 0)
    for each in days:
        counts[next((label for most, label in steps if each <= most), rest)] += 1
    middle = sorted(days)[len(days) // 2] if days else 0
    half = f"within {middle} day{'' if middle == 1 else 's'}" if middle > 0 else "on the same day"
    words = f"{len(days)} {what}{'' if len(days) == 1 else 's'}; half of them {half}." if days else "None yet."
    figures = tuple(Decimal(count) for count in counts.values())
    return Plot(title, words, tuple(counts), ((f"{what}s", figures),))


# Drawing takes longer than all the rest of a report, and most of it is the same in its next version.
@functools.lru_cache(100)
def svg(plot: Plot) -> str:
    """The plot drawn, the same for the same figures."""
    return _drawn(plot, "svg", metadata={"Date": None, "Creator": None}).decode()


def png(plot: Plot) -> bytes:
    """The plot drawn for a mail, whose programs show no SVG; sharp on a phone too."""
    return _drawn(plot, "png", dpi=144, metadata={"Software": None})


def _drawn(plot: Plot, kind: str, **how: Any) -> bytes:
    # Only whoever draws should wait for this.
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "wonbooks", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(7.2, 2.6 if len(plot.series) == 1 else 3.2), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        _bars(axes, plot)
        _frame(axes, plot)
        out = io.BytesIO()
        figure.savefig(out, format=kind, **how)
    return out.getvalue()


def _bars(axes: Any, plot: Plot) -> None:
    width = 0.8 / len(plot.series)
    for number, (name, figures) in enumerate(plot.series):
        places = [place + (number - (len(plot.series) - 1) / 2) * width for place in range(len(plot.labels))]
        style = {"color": _FILLS[number], "edgecolor": _INK, "linewidth": 0.7, "hatch": _HATCHES[number]}
        drawn = axes.bar(places, [float(figure) for figure in figures], width, label=name, **style)
        if len(plot.series) == 1:
            said = [plot.said(figure) if figure else "" for figure in figures]
            axes.bar_label(drawn, said, padding=2, fontsize=8, color=_INK)


def _frame(axes: Any, plot: Plot) -> None:
    axes.set_xticks(range(len(plot.labels)), plot.labels, fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(y=0.15)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(_whole)
    axes.yaxis.get_major_locator().set_params(integer=True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if len(plot.series) > 1:
        axes.legend(frameon=False, fontsize=8, ncols=len(plot.series), loc="upper left")


def _whole(value: float, _place: int) -> str:
    return f"{value:,.0f}"
