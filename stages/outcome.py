"""What became of a deal in one run, for the run's table and the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ids, words and an amount, never a name: it may be shown in Prefect."""

    deal_id: str
    word: str
    detail: str = ""
    total: str = ""
