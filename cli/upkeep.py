"""``wonbooks backup`` and ``wonbooks restored``: a copy of the ledger, and the way back."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from mappings.loader import find_mapping
from stages import housekeeping
from stages import restored as restoring
from stages.opening import ledger_at, mark_of
from stages.settings import Settings


def backup() -> None:
    """Copy the ledger to backups/ in WONBOOKS_HOME, whatever runs meanwhile."""
    settings = Settings()
    path = housekeeping.copy_now(ledger_at(settings.ledger_url), settings)
    Console(highlight=False, width=80).print(housekeeping.copied(path), soft_wrap=True)
    if path is None:
        raise typer.Exit(1)


def restored(
    pairs: Annotated[list[str], typer.Argument(help="The pairs of this installation.", metavar="PAIR...")],
) -> None:
    """Say that the ledger was put back from a copy, where it may not notice by itself."""
    settings = Settings()
    for pair in pairs:
        find_mapping(pair, settings.mappings)
    ledger, reached = ledger_at(settings.ledger_url), mark_of(settings).reached()
    until = max(restoring.was_restored(ledger, pair, reached) for pair in pairs)
    Console(highlight=False, width=80).print(
        f"Nothing new is made before {until.astimezone():%H:%M}. Then every invoice that Wonbooks ever made "
        "is looked at, and the work goes on by itself."
    )
