"""``wonbooks report``: the report of a month or of any period, made now."""

from __future__ import annotations

from datetime import date

from rich.console import Console
from rich.markup import escape

from cli.reading import reading_both
from cli.show import table
from domain.case import WITHOUT_DEAL
from domain.money import show
from domain.month import STATES, Month
from domain.period import wanted
from stages import freezing, reconcile
from stages.freezing import Frozen
from stages.pair import Pair
from stages.settings import Settings, SettingsProblem


def make(console: Console, pair: Pair, settings: Settings, month: str, first: str, last: str) -> int:
    """Make it and say what it says; how many deals are not explained."""
    try:
        period = wanted(month, day(first), day(last), pair.today())
    except ValueError as mistake:
        raise SettingsProblem(str(mistake)) from None
    with reading_both(console) as tell:
        read = reconcile.reconcile(pair, period, tell)
        frozen = freezing.freeze(pair, read, settings.home)
    _say(console, read, frozen)
    return len(read.unexplained)


def day(text: str) -> date | None:
    """A day as people type it, none for nothing. Raises ``ValueError`` with a sentence."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"{text} is no day: write it like 2026-10-01.") from None


def _say(console: Console, month: Month, frozen: Frozen) -> None:
    console.print(
        f"[bold]{escape(month.period.title)}[/]: {frozen.headline}", style="green" if not month.unexplained else ""
    )
    drawn = table("class", "deals", *STATES, right=("deals", *STATES))
    for name, states in month.counts().items():
        if name != WITHOUT_DEAL:
            drawn.add_row(name, str(sum(states.values())), *(str(states[state] or "") for state in STATES))
    by_state = (sum(row.state == state for row in month.won) for state in STATES)
    drawn.add_row("won deals", str(len(month.won)), *map(str, by_state), style="bold")
    states = month.counts()[WITHOUT_DEAL]
    drawn.add_row(WITHOUT_DEAL, str(sum(states.values())), *(str(states[state] or "") for state in STATES))
    console.print(drawn)
    taxed = table("tax type", "net", "GST", right=("net", "GST"))
    for each in month.taxes:
        taxed.add_row(escape(each.name or each.code), show(each.net, month.currency), show(each.gst, month.currency))
    console.print(taxed)
    console.print(f"Received {show(month.cash.received, month.currency)} in {month.cash.payments} payments.")
    if not frozen.fresh:
        console.print(f"Nothing has changed since version {frozen.version}.")
    elif frozen.edition.before:
        count = len(frozen.edition.changed)
        console.print(f"Since version {frozen.edition.before}: {count} deal{'' if count == 1 else 's'} changed.")
    console.print(f"Version {frozen.version}: {frozen.page}", soft_wrap=True)
