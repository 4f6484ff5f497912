"""What became of deals in one run, for the run's table and the command line."""

from __future__ import annotations

from dataclasses import dataclass

# The word of a deal that is decided in a moment.
LATER = "later"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ids, words and an amount, never a name: it may be shown in Prefect.

    ``asks`` are the questions that the deal asks now, None where those that are open stay as they are.
    """

    deal_id: str
    word: str
    detail: str = ""
    total: str = ""
    asks: tuple[int, ...] | None = None

    @property
    def is_open(self) -> bool:
        """Whether what its invoice comes to is asked, or not yet what was said."""
        return bool(self.asks) or self.word in (LATER, "question", "to be replaced", "to credit")


@dataclass(slots=True)
class Made:
    """What one pass did: invoices posted, drafts swept, and effects whose answer was lost."""

    posted: int = 0
    swept: int = 0
    doubtful: int = 0
