"""``wonbooks abns``: contacts in Xero whose ABN is cancelled, unknown to the register, or without GST."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from domain.abn import show_abn
from stages import abns
from stages.contacts import refresh_index
from stages.pair import Pair
from stages.settings import SettingsProblem


def show(console: Console, pair: Pair, most: int) -> None:
    """Look up what was not looked up this month, then say what is not as it should be."""
    if pair.register is None:
        raise SettingsProblem('Nothing is looked up: "abn lookup" in the mapping names no key, or the key has no guid.')
    refresh_index(pair)
    console.print(f"{abns.look_up(pair, most)} ABNs looked up.")
    for each in abns.marked(pair):
        line = f"{show_abn(each.standing.abn)}  {escape(each.name)}: {each.standing.words}"
        console.print(f"{line} (looked up {each.standing.looked_on})", soft_wrap=True)
