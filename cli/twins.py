"""``wonbooks twins``: customers that one system may have twice, with what speaks for it."""

from __future__ import annotations

import csv
from pathlib import Path

from rich.console import Console

from cli.reading import reading_both
from stages import twins
from stages.pair import Pair
from templates.sheets import harmless

COLUMNS = ("system", "what speaks for it", "record", "name")


def write_list(console: Console, pair: Pair, path: Path) -> None:
    """Read both systems' customers and write the list, a line a record, twins one below the other."""
    with reading_both(console) as tell:
        twins.read(pair, tell)
    found = {"Xero": twins.in_xero(pair), "CRM": twins.in_crm(pair)}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for system, listed in found.items():
            for each in listed:
                rows = zip(each.ids, each.names, strict=True)
                writer.writerows([system, each.evidence, id_, harmless(name)] for id_, name in rows)
    counts = f"{len(found['Xero'])} in Xero and {len(found['CRM'])} in the CRM"
    console.print(f"{counts} may be one customer twice: look through {path}. Nothing was changed.", soft_wrap=True)
